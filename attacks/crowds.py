"""Ten processes at once, into one folder and over one empty cache; and people who press Ctrl-C twice, or are ended while they end."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from attacks.arena import Case, Verdict
from attacks.scene import digest, draw_photos, line, tltool

CROWD, ROUNDS, INTERRUPTED = 10, 3, 20
TRAINING = ("--size", "48", "--filters", "8", "--epochs", "2")
INTERRUPTIONS = ((signal.SIGINT, signal.SIGINT), (signal.SIGTERM, signal.SIGINT), (signal.SIGINT, signal.SIGTERM), (signal.SIGINT,))


def attack(ground: Path, scale: float, seed: int) -> Iterator[Case]:
    chance, photos = random.Random(seed), draw_photos(ground / "photos")
    before = digest(photos)
    for number in range(max(1, int(ROUNDS * scale))):
        yield from _one_cache(ground / f"cache-{number}", photos)
        yield from _one_folder(ground / f"folder-{number}", photos)
    for number in range(int(INTERRUPTED * scale)):
        yield _interrupted(ground / f"interrupted-{number}", photos, chance, INTERRUPTIONS[number % len(INTERRUPTIONS)])
    yield Case("photos", "all", Verdict("accepted" if digest(photos) == before else "changed"))


def _one_cache(place: Path, photos: Path) -> Iterator[Case]:
    """All look at the same photos, which none has seen: each says the same."""
    crowd = [_start(["check", str(photos), "--json"], place) for _ in range(CROWD)]
    answers = [process.communicate() for process in crowd]
    for number, (process, (said, told)) in enumerate(zip(crowd, answers, strict=True)):
        right = process.returncode in (0, 1) and said == answers[0][0]
        yield Case("one cache", str(number), Verdict("accepted" if right else "changed", told[-500:]))


def _one_folder(place: Path, photos: Path) -> Iterator[Case]:
    """All train into one folder: one gets it, and the others say so in one sentence."""
    crowd = [_start(["scratch", "--data", str(photos), *TRAINING, "--out", str(place / "run")], place) for _ in range(CROWD)]
    ends = [(process.communicate()[1], process.returncode) for process in crowd]
    for number, (told, code) in enumerate(ends):
        escaped = code not in (0, 1) or "Traceback" in told
        yield Case("one folder", str(number), Verdict("traceback" if escaped else "accepted", told[-500:]))
    winners = sum(not code for _, code in ends)
    yield Case("one folder", "winners", Verdict("accepted" if winners == 1 else "changed", f"{winners} of {CROWD} won"))
    yield Case("one folder", "the run", _verdict(["evaluate", str(place / "run")], place))


def _interrupted(place: Path, photos: Path, chance: random.Random, signals: tuple[signal.Signals, ...]) -> Case:
    """Signals at random moments end the work with one sentence; what is there is resumed or begun again."""
    run = place / "run"
    process = _start(["scratch", "--data", str(photos), *TRAINING, "--out", str(run)], place)
    for number, heard in enumerate(signals):
        time.sleep(chance.uniform(0, 12) if not number else chance.uniform(0, 0.3))
        process.send_signal(heard)
    told, name = process.communicate()[1], "+".join(heard.name for heard in signals)
    if "Traceback" in told or process.returncode not in (0, 1, 128 + signal.SIGINT, 128 + signal.SIGTERM, -signal.SIGINT, -signal.SIGTERM):
        return Case("signals", name, Verdict("traceback", f"exit {process.returncode}: {told[-800:]}"))
    if (run / "run.json").is_file() and '"finished"' in (run / "run.json").read_text():
        return Case("signals", name, Verdict("accepted", "too late"))
    again = ["--resume", str(run)] if (run / "run.json").is_file() else ["--data", str(photos), *TRAINING, "--out", str(run)]
    return Case("signals", name, _verdict(["scratch", *again], place))


def _verdict(command: list[str], place: Path) -> Verdict:
    try:
        return Verdict("accepted", tltool(*command, TLTOOL_CACHE=str(place / "cache"))[-300:])
    except subprocess.CalledProcessError as error:
        return Verdict("traceback", f"exit {error.returncode}: {error.stderr[-800:]}")


def _start(command: list[str], place: Path) -> "subprocess.Popen[str]":
    place.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        line(*command), env={**os.environ, "TLTOOL_CACHE": str(place / "cache")}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
