"""SIGKILL at random moments of finetune, scratch, check and export; then the same again, or ``--resume``, to the same bits.

Trainings are deterministic and begin with an empty cache. Of every ten moments one falls before the first epoch, two while the run is
measured and saved, and seven in an epoch drawn at random; every third training is killed once more after it was resumed. A foreign file in
the run's folder and the photos must stay as they are, and no draft may be left. With KERAS_BACKEND=jax the trainings run on JAX.
"""

import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from attacks.arena import Case, Verdict
from attacks.scene import are_equal, digest, draw_photos, line, tltool, train, weights

TRAININGS, OTHERS = 30, 20  # moments of each of the two recipes, and of each of check and export
PARTS = ("training", "saving", "training", "training", "start-up", "training", "training", "saving", "training", "training")
QUIET: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class Whole(NamedTuple):
    """A training that nothing interrupted: its command without ``--out``, the seconds at which its history had 0, 1, 2 … rows and it was
    finished, and its weights."""

    command: list[str]
    marks: list[float]
    weights: dict[str, Any]


def attack(ground: Path, scale: float, seed: int) -> Iterator[Case]:
    chance, photos = random.Random(seed), draw_photos(ground / "photos")
    before = digest(photos)
    for recipe, flags in TRAINED.items():
        whole = _uninterrupted([recipe, "--data", str(photos), *flags, "--deterministic"], ground / recipe)
        for number in range(int(TRAININGS * scale)):
            yield Case(recipe, f"moment {number}", _training(number, whole, ground / f"{recipe}-{number}", chance))
    run = train(photos, ground / "exported-run")
    for name, attempt in (("check", _check), ("export", _export)):
        yield from attempt(name, run, photos, ground, int(OTHERS * scale), chance)
    yield Case("photos", "all", Verdict("accepted" if digest(photos) == before else "changed"))


TRAINED = {
    "scratch": ["--size", "48", "--filters", "8", "--epochs", "4"],
    "finetune": ["--size", "64", "--backbone", "mobilenet_025", "--weights", "none", "--epochs", "4"],
}


def _uninterrupted(command: list[str], place: Path) -> Whole:
    begun, marks, run = time.monotonic(), [0.0], place / "run"
    process = _start([*command, "--out", str(run)], place / "cache")
    while not _finished(run) and process.poll() is None:
        if _rows(run) >= len(marks):
            marks.append(time.monotonic() - begun)
        time.sleep(0.005)
    if process.wait():
        raise RuntimeError(f"The training that nothing interrupted failed: {command}")
    return Whole(command, [*marks, time.monotonic() - begun], weights(run))


def _training(number: int, whole: Whole, place: Path, chance: random.Random) -> Verdict:
    """One training, killed once or twice, and then led to its end."""
    run, command, told = place / "run", [*whole.command, "--out", str(place / "run")], []
    for _ in range(2 if number % 3 == 2 else 1):
        rows, after = _drawn(PARTS[number % len(PARTS)], whole.marks, chance)
        _kill(command, place / "cache", lambda rows=rows: _rows(run) >= rows, after)
        told.append(f"{after:.2f} s after row {rows}")
        if (run / "run.json").is_file():
            (run / "my notes.txt").write_text("mine")
            command = [whole.command[0], "--resume", str(run)]
    if not _finished(run) and (failed := _start(command, place / "cache").wait()):
        return Verdict("traceback", f"exit {failed} of the resumed run, killed {' and '.join(told)}")
    faults = [] if are_equal(weights(run), whole.weights) else ["other weights"]
    if command[1] == "--resume" and (run / "my notes.txt").read_text() != "mine":
        faults.append("the foreign file is gone")
    faults += [f"left {path.name}" for path in run.iterdir() if path.name.startswith((".", "state"))]
    shutil.rmtree(place)
    return _verdict(faults, f": killed {' and '.join(told)}")


def _drawn(part: str, marks: list[float], chance: random.Random) -> tuple[int, float]:
    """After how many rows of history, and how many seconds later, the process is killed."""
    last = len(marks) - 2
    rows = {"start-up": 0, "training": chance.randint(min(1, last - 1), last - 1), "saving": last}[part]
    return rows, chance.random() * (marks[rows + 1] - marks[rows])


def _check(name: str, run: Path, photos: Path, ground: Path, count: int, chance: random.Random) -> Iterator[Case]:
    """Killed, its page is whole or absent; run again, it says the same."""
    arguments = ["check", str(photos), "--json", "--report"]
    wanted = tltool(*arguments, ground / "wanted.html", **_environment(ground / "check-cache"))
    took = _seconds(lambda: tltool(*arguments, ground / "timed.html", **_environment(ground / "timed-cache")))
    for number in range(count):
        place = ground / f"check-{number}"
        place.mkdir()
        _kill([*arguments, str(place / "page.html")], place / "cache", lambda: True, chance.random() * took)
        halves = [path.name for path in place.glob("*.html") if not path.read_text().rstrip().endswith("</html>")]
        again = tltool(*arguments, place / "page.html", "--force", **_environment(place / "cache"))
        faults = [f"half of {half}" for half in halves]
        faults += [] if again.replace(str(place), "") == wanted.replace(str(ground), "") else ["another answer"]
        yield Case(name, f"moment {number}", _verdict(faults))


def _export(name: str, run: Path, photos: Path, ground: Path, count: int, chance: random.Random) -> Iterator[Case]:
    """Killed, each of its models is whole or absent; run again, its files pass their own test vectors."""
    flags = ["--format", "tflite", "--precision", "float32", "--precision", "int8"]
    wanted = Path(shutil.copytree(run, ground / "export-wanted"))
    took = _seconds(lambda: tltool("export", wanted, *flags))
    models = {path.name: path.read_bytes() for path in (wanted / "exports").glob("*.tflite")}
    for number in range(count):
        copy = Path(shutil.copytree(run, ground / f"export-{number}"))
        _kill(["export", str(copy), *flags], ground / "cache", lambda: True, chance.random() * took)
        faults = [f"half of {path.name}" for path in (copy / "exports").glob("*.tflite") if path.read_bytes() != models[path.name]]
        tltool("export", copy, *flags, "--force")
        faults += [f"left {path}" for path in (copy / "exports").rglob(".*")]
        faults += [] if {path.name: path.read_bytes() for path in (copy / "exports").glob("*.tflite")} == models else ["other models"]
        tltool("verify", copy / "exports")
        shutil.rmtree(copy)
        yield Case(name, f"moment {number}", _verdict(faults))


def _verdict(faults: list[str], told: str = "") -> Verdict:
    return Verdict("changed" if faults else "accepted", ", ".join(faults) + told)


def _kill(command: list[str], cache: Path, is_time: Callable[[], bool], after: float) -> None:
    process = _start(command, cache)
    while not is_time() and process.poll() is None:
        time.sleep(0.005)
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _start(command: list[str], cache: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(line(*command), env=_environment(cache), **QUIET)


def _environment(cache: Path) -> dict[str, str]:
    return {**os.environ, "TLTOOL_CACHE": str(cache)}


def _seconds(work: Callable[[], Any]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def _rows(run: Path) -> int:
    """Rows of a history that is growing."""
    file = run / "history.csv"
    return len(file.read_text().splitlines()) - 1 if file.is_file() else 0


def _finished(run: Path) -> bool:
    return (run / "run.json").is_file() and '"state": "finished"' in (run / "run.json").read_text()
