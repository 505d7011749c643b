"""What timing models returns: how long each takes for a photo, what it weighs, and on what machine that was."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tltool.progress import Table, table
from tltool.wording import counted

BASELINE = "model-float32.tflite"  # what speeds are told against, if it is among the models
RUNTIMES = {".tflite": "LiteRT", ".onnx": "ONNX Runtime", ".keras": "Keras", "": "TensorFlow"}
QUIET_SPREAD, QUIET_BUSY = 0.15, 0.9  # a machine with nothing else to do stays within these


class Memory(NamedTuple):
    """Bytes: the most the process held, and how much of it came with opening and running the model."""

    peak: int
    model: int


@dataclass(frozen=True)
class Machine:
    """Where it was measured; ``load`` is the average number of processes that wanted a processor in the minute before."""

    processor: str
    cores: int
    system: str
    load: float
    versions: dict[str, str]


@dataclass(frozen=True)
class Timing:
    """One model on one number of threads."""

    photos: int  # that were timed
    median_ms: float
    p95_ms: float
    speed: tuple[float, float, float]  # times as fast as the baseline: median, lowest and highest of the rounds
    spread: float  # of the rounds' medians: (highest − lowest) / median
    busy: float  # processor time per time that passed


@dataclass(frozen=True)
class Timed:
    """One model; ``timings`` by number of threads."""

    path: Path
    bytes: int
    size: int
    memory: Memory
    timings: dict[int, Timing]


@dataclass(frozen=True)
class Timings:
    """Every model in the order it was given; ``failures`` are the sentences on those that could not be timed."""

    models: list[Timed]
    baseline: str
    machine: Machine
    failures: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """1 when a model could not be timed."""
        return int(bool(self.failures))

    def said(self) -> Iterable[Table | str]:
        threads = list(self.models[0].timings)
        columns = [title for n in threads for title in (f"{counted(n, 'thread')}: ms", "p95", "speed")]
        yield table(
            "One photo, from pixels to probabilities",
            ("file", "runtime", "MB", *columns, "memory MB", "of it model"),
            [self._row(timed, threads) for timed in self.models],
        )
        photos = min(timing.photos for timed in self.models for timing in timed.timings.values())
        machine = self.machine
        yield (
            f"Speed: times as fast as {self.baseline}, with the slowest and fastest round. ms: median of {photos} photos or more of "
            "random pixels; decoding a photo is not in it."
        )
        yield (
            "Memory: the most the process held on one thread, Python and the runtime included; and how much of it came with opening and "
            "running the model."
        )
        yield (
            f"Machine: {machine.processor}, {counted(machine.cores, 'processor')} for this process, {machine.system}; "
            f"{', '.join(f'{name} {version}' for name, version in machine.versions.items())}."
        )
        yield self._noise()

    def records(self) -> Iterable[dict[str, Any]]:
        for timed in self.models:
            yield {
                "file": str(timed.path),
                "runtime": runtime_of(timed.path),
                "bytes": timed.bytes,
                "size": timed.size,
                "peak_memory": timed.memory.peak,
                "model_memory": timed.memory.model,
                "baseline": self.baseline,
                "timings": [{"threads": n, **asdict(timing)} for n, timing in timed.timings.items()],
                "machine": asdict(self.machine),
            }

    def _row(self, timed: Timed, threads: list[int]) -> tuple[str, ...]:
        cells = []
        for timing in (timed.timings[n] for n in threads):
            speed, low, high = timing.speed
            range_ = "" if timed.path.name == self.baseline else f" ({low:.2f}–{high:.2f})"
            cells += [f"{timing.median_ms:.2f}", f"{timing.p95_ms:.2f}", f"{speed:.2f}×{range_}"]
        return (
            timed.path.name,
            runtime_of(timed.path),
            f"{timed.bytes / 1e6:.2f}",
            *cells,
            f"{timed.memory.peak / 1e6:.0f}",
            f"{timed.memory.model / 1e6:.1f}",
        )

    def _noise(self) -> str:
        """How quiet the machine was: by the rounds, and by how much of its time the one thread had a processor."""
        spread = max(timing.spread for timed in self.models for timing in timed.timings.values())
        busy = min(timed.timings[1].busy for timed in self.models)
        verdict = "" if spread <= QUIET_SPREAD and busy >= QUIET_BUSY else " The machine was not quiet: take the figures as rough."
        return (
            f"Noise: load {self.machine.load:g} before; from round to round a median moved by up to {spread:.0%}; one thread had a "
            f"processor for {min(busy, 1):.0%} of its time or more.{verdict}"
        )


def runtime_of(path: Path) -> str:
    """What runs the model at ``path``."""
    return RUNTIMES.get(path.suffix, RUNTIMES[""])
