"""How fast exported models are on this machine, and what they weigh: each in a process of its own, taking turns."""

import os
import platform
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from tltool.benchmarking.stopwatch import WEIGH
from tltool.benchmarking.timings import BASELINE, RUNTIMES, Machine, Memory, Timed, Timing, Timings
from tltool.errors import ExportError
from tltool.exports.opening import artefacts_in
from tltool.models.processes.child import ALONE, Child, Ended
from tltool.progress import track, warn
from tltool.reading import size_of
from tltool.runs import Run, versions
from tltool.runs.contents import EXPORT_FILES
from tltool.threads import cores
from tltool.wording import counted

ROUNDS = 10  # turns each model gets; noise of the machine hits all of them alike
SHORTEST = 0.05  # seconds of a turn


@dataclass
class Stopwatch:
    """A process with one model in it (``tltool.benchmarking.stopwatch``), and what it has measured: the seconds of every photo by round."""

    path: Path
    process: Child
    rounds: list[list[float]] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    memory: Memory | None = None
    size: int = 0


class Stopped(Exception):
    """A model that cannot be timed; the message says why."""


def models_in(place: Path) -> list[Path]:
    """The models to time: a run's own and its exports, those of a folder of exports, or the one file or SavedModel that ``place`` is.

    Raises:
        ExportError: none there.
        RunError: a run without a model.
    """
    if (place.is_file() and place.suffix in RUNTIMES) or (place / "saved_model.pb").is_file():
        return [place]
    if (place / "run.json").is_file():
        run = Run(place)
        run.require_photos("What tltool benchmark takes")
        return [run.path / "model.keras"] * bool(run.usable) + _exports_in(run.path / "exports")
    models = _exports_in(place) if place.is_dir() else []
    if not models:
        raise ExportError(
            "There must be something to time: a run, a folder of exports, a SavedModel, or a .tflite, .onnx or .keras file. "
            f"Received: {place}{'' if place.exists() else ', which is not there'}."
        )
    return models


def _exports_in(folder: Path) -> list[Path]:
    """Exported models, in the order in which they are listed everywhere; models of other names come last."""
    known = [Path(name).name for name in EXPORT_FILES]
    return sorted(artefacts_in(folder, foreign=True), key=lambda path: known.index(path.name) if path.name in known else len(known))


def time_models(paths: Sequence[Path], seconds: float) -> Timings:
    """Time every model on one photo at a time: on one thread, then on as many as this process has processors.

    The photos are random pixels: what a convolution costs does not depend on them. A time is from uint8 pixels in memory to
    probabilities. The models take turns of ``seconds`` / 10 each, so that what else the machine does slows all of them; p95 and
    median are over all photos, and the speed is that of each round against the same round of the baseline.

    Args:
        seconds: to time each model for, on each number of threads. A model that takes longer than a turn gets one photo a turn.

    Raises:
        ExportError: none of the models could be timed.
    """
    machine = Machine(
        _processor(),
        cores(),
        platform.platform(terse=True),
        round(os.getloadavg()[0], 2),
        versions(("ai-edge-litert", "onnxruntime", "tensorflow", "keras")),
    )
    found: dict[Path, dict[int, Stopwatch]] = {path: {} for path in paths}
    failures: dict[Path, str] = {}
    for threads in sorted({1, machine.cores}):
        for watch in _time_together([path for path in paths if path not in failures], threads, seconds, failures):
            found[watch.path][threads] = watch
    timed = {path: watches for path, watches in found.items() if path not in failures}
    if not timed:
        raise ExportError(next(iter(failures.values())))
    for failure in failures.values():
        warn(failure)
    baseline = next((path for path in timed if path.name == BASELINE), next(iter(timed)))
    rows = [_timed(path, watches, timed[baseline]) for path, watches in timed.items()]
    return Timings(rows, baseline.name, machine, tuple(failures.values()))


def _time_together(paths: Sequence[Path], threads: int, seconds: float, failures: dict[Path, str]) -> list[Stopwatch]:
    """The stopwatches that came through all rounds; the others' reasons go to ``failures``."""
    label = f"timing on {counted(threads, 'thread')}"
    with ExitStack() as stack:
        watches = [Stopwatch(path, stack.enter_context(closing(_start(path, threads)))) for path in paths]
        watches = [watch for watch in watches if _came_through(watch, _open, failures)]
        for _ in track(range(ROUNDS), label, ROUNDS, "rounds") if watches else ():
            watches = [watch for watch in watches if _came_through(watch, _take_turn, failures, max(SHORTEST, seconds / ROUNDS))]
        return [watch for watch in watches if _came_through(watch, _weigh, failures)]


def _came_through(watch: Stopwatch, part: Any, failures: dict[Path, str], *given: float) -> bool:
    try:
        part(watch, *given)
    except Stopped as reason:
        failures[watch.path] = str(reason)
    except Ended as reason:
        failures[watch.path] = f"{watch.path} must run to be timed. Received: its process ended with {reason}."
    return watch.path not in failures


def _open(watch: Stopwatch) -> None:
    watch.size = _told(watch.process.hear())["size"]


def _take_turn(watch: Stopwatch, seconds: float) -> None:
    said = _told(watch.process.ask(seconds))
    watch.rounds.append(said["seconds"])
    watch.busy.append(said["busy"])


def _weigh(watch: Stopwatch) -> None:
    said = _told(watch.process.ask(WEIGH))
    watch.memory = Memory(said["peak"], said["model"])


def _start(path: Path, threads: int) -> Child:
    few = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), str(threads))
    try:
        return Child("tltool.benchmarking.stopwatch", str(path), str(threads), **ALONE, **few)
    except Ended as reason:
        raise ExportError(f"A process must begin to time {path} in. Received: {reason}.") from None


def _told(said: dict[str, Any]) -> dict[str, Any]:
    if "error" in said:
        raise Stopped(said["error"])
    return said


def _timed(path: Path, watches: dict[int, Stopwatch], baseline: dict[int, Stopwatch]) -> Timed:
    first = next(iter(watches.values()))
    assert first.memory
    timings = {threads: _timing(watch, baseline[threads]) for threads, watch in watches.items()}
    return Timed(path, size_of(path), first.size, first.memory, timings)


def _timing(watch: Stopwatch, baseline: Stopwatch) -> Timing:
    """Over all photos; the speed by rounds, each against the same round of the baseline."""
    taken = [seconds for turn in watch.rounds for seconds in turn]
    medians = [median(turn) for turn in watch.rounds]
    speeds = [median(other) / own for other, own in zip(baseline.rounds, medians)]
    p95 = quantiles(taken, n=20, method="inclusive")[-1] if len(taken) > 1 else taken[0]
    return Timing(
        len(taken),
        median(taken) * 1e3,
        p95 * 1e3,
        (median(speeds), min(speeds), max(speeds)),
        (max(medians) - min(medians)) / median(medians),
        median(watch.busy),
    )


def _processor() -> str:
    """What the processor calls itself."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith(("model name", "Model\t")):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
