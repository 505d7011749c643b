"""Disks that fill up while a run, an export, a page or the cache is written, and logs that nobody can take. Needs the right to mount."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from attacks.arena import Case, Verdict
from attacks.scene import digest, draw_photos, line, train

SIZES = (4, 16, 64, 128, 256, 384, 512, 768, 1024, 2048)  # kB


def attack(ground: Path, scale: float, seed: int) -> Iterator[Case]:
    photos = draw_photos(ground / "photos")
    run, before = train(photos, ground / "run"), digest(photos)
    small = ground / "small"
    small.mkdir()
    for size in SIZES[: max(1, int(len(SIZES) * scale))]:
        for name, command in COMMANDS.items():
            with _disk(small, size) as mounted:
                if not mounted:
                    yield Case(name, f"{size} kB", Verdict("accepted", "not tried: a small disk cannot be mounted here"))
                    continue
                words = {"RUN": run, "PHOTOS": photos, "OUT": small / "out", "PAGE": small / "page.html"}
                verdict = _judged([str(words.get(word, word)) for word in command], TLTOOL_CACHE=str(ground / "cache"))
                yield Case(name, f"{size} kB", _whole(verdict, small))
            with _disk(small, size) as mounted:
                if mounted:
                    elsewhere = {**words, "OUT": ground / f"{name}-{size}", "PAGE": ground / f"{size}.html"}
                    command_there = [str(elsewhere.get(word, word)) for word in command]
                    yield Case("cache", f"{name}, {size} kB", _judged(command_there, TLTOOL_CACHE=str(small / "cache")))
    for name in ("stdout", "stderr"):
        with Path("/dev/full").open("wb") as full:
            yield Case("log", name, _judged(["check", str(photos)], **{name: full}))
    yield Case("photos", "all", Verdict("accepted" if digest(photos) == before else "changed"))


COMMANDS = {
    "scratch": ("scratch", "--data", "PHOTOS", "--size", "48", "--filters", "64", "--epochs", "2", "--out", "OUT"),
    "check": ("check", "PHOTOS", "--report", "PAGE", "--force"),
    "visualize": ("visualize", "RUN", "--out", "OUT", "--force"),
}


def _judged(command: list[str], stdout: object = subprocess.PIPE, stderr: object = subprocess.PIPE, **environment: str) -> Verdict:
    done = subprocess.run(
        line(*command),
        stdout=stdout,
        stderr=stderr,
        text=True,
        timeout=600,  # type: ignore[call-overload]
        env={**os.environ, **environment},
    )
    said = (done.stderr or "") + (done.stdout or "")
    if "Traceback (most recent call last)" in said or done.returncode not in (0, 1):
        return Verdict("traceback", f"exit {done.returncode}: {said[-800:]}")
    return Verdict("refused" if done.returncode else "accepted", said[-300:])


def _whole(verdict: Verdict, disk: Path) -> Verdict:
    """Files are whole or absent: no draft, no empty model, no page without its end."""
    halves = [
        path
        for path in disk.rglob("*")
        if path.is_file()
        and (
            path.name.startswith(".")
            or (path.suffix == ".html" and not path.read_text().rstrip().endswith("</html>"))
            or (path.suffix in (".keras", ".png", ".json") and not path.stat().st_size)
        )
    ]
    return verdict._replace(outcome="changed", detail=f"halves: {halves}") if verdict.survived and halves else verdict


@contextmanager
def _disk(place: Path, kilobytes: int) -> Iterator[bool]:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)], capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            with suppress(subprocess.CalledProcessError):
                subprocess.run(["umount", "-l", str(place)], check=True)
