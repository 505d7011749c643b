"""What test vectors keep of a model's answers, and how far others may be from it: probabilities as they are, and of answers that lie
somewhere in a photo what is drawn."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from tltool.data.annotations.cells import parse
from tltool.errors import DataError, ExportError
from tltool.exports.bundle.reading import Reading
from tltool.exports.bundle.tolerances import MARGIN, OTHER_KERNELS, measure_tolerance, turned
from tltool.exports.opening import open_artefact

EXACT = ("float32", "float16")  # precisions that compute in float


class Kept(NamedTuple):
    """What is written down of an artefact.

    Attributes:
        answers: one for each vector, as JSON has it; None for one that no runtime can be held to.
        tolerance: how far from them one that is right may be; None where there is nothing to hold it to.
    """

    answers: list[Any]
    tolerance: float | None


@dataclass(frozen=True)
class Scores:
    """Of probabilities [n, classes].

    Attributes:
        KEY: what answers are called in ``vectors.json``.
        unit: what distances are counted in, for people.
    """

    reading: Reading
    KEY: ClassVar[str] = "probabilities"
    unit: ClassVar[str] = "of the probability"

    def keep(self, path: Path, precision: str, photos: np.ndarray, outputs: np.ndarray) -> Kept:
        """What to write down of the artefact at ``path``.

        Args:
            photos: of the vectors, uint8 [n, size, size, 3].
            outputs: what the artefact says of them in its own runtime, [n, …].

        Raises:
            ExportError: the file cannot be run.
        """
        answers = [[round(float(p), 6) for p in found] for found in outputs]
        return Kept(answers, measure_tolerance(path, precision, photos, outputs, self.reading))

    def found(self, answers: Sequence[Any]) -> list[int]:
        """The places of those that were kept, one of each vector or None; none where what is there is no answer of the model."""
        whole = all(answer is not None and len(answer) == len(self.reading.classes) for answer in answers)
        return [*range(len(answers))] if whole else []

    def gaps(self, kept: Sequence[Any], outputs: np.ndarray) -> np.ndarray:
        """How far outputs [n, …] are from what was kept, float [n].

        Raises:
            ExportError: they cannot be compared.
        """
        expected = np.array(kept)
        if outputs.shape != expected.shape:
            raise ExportError(f"It must score {expected.shape[1]} classes. Received: {outputs.shape[1]}.")
        return np.nan_to_num(np.abs(outputs.astype(float) - expected), nan=np.inf).max(axis=1)  # NaN counts as farthest

    def turned(self, kept: Sequence[Any], outputs: np.ndarray, tolerance: float) -> np.ndarray:
        """Which answers are others though they are near enough, bool [n]."""
        return turned(np.array(kept), outputs, tolerance, self.reading)


@dataclass(frozen=True)
class Places:
    """Of answers that are drawn. The room is that of the task; a vector of which LiteRT's other kernels, which round otherwise, leave
    no margin is none for that artefact."""

    reading: Reading
    KEY: ClassVar[str] = "answers"

    @property
    def unit(self) -> str:
        return self.reading.asked.exported.UNIT

    def keep(self, path: Path, precision: str, photos: np.ndarray, outputs: np.ndarray) -> Kept:
        room = self.reading.asked.exported.ROOM[precision not in EXACT]
        answers = self.reading.shown(outputs)
        others = OTHER_KERNELS if path.suffix == ".tflite" else ()
        seen = [self.gaps(answers, open_artefact(path, kernels)(photos)) for kernels in others]
        steady = np.max([np.zeros(len(answers)), *seen], axis=0) * MARGIN <= room
        return Kept([answer if its else None for answer, its in zip(answers, steady)], room if steady.any() else None)

    def found(self, answers: Sequence[Any]) -> list[int]:
        return [place for place, answer in enumerate(answers) if answer is not None]

    def gaps(self, kept: Sequence[Any], outputs: np.ndarray) -> np.ndarray:
        if not np.isfinite(outputs).all():
            return np.full(len(kept), np.inf)
        apart, settled = self.reading.asked.exported.apart, self.reading.settled
        pairs = zip(map(_truth, kept), map(_truth, self.reading.shown(outputs)), strict=True)
        return np.array([apart(*pair, settled) for pair in pairs])

    def turned(self, kept: Sequence[Any], outputs: np.ndarray, tolerance: float) -> np.ndarray:
        return np.zeros(len(kept), bool)


Yardstick = Scores | Places


def yardstick_of(reading: Reading) -> Yardstick:
    """The one for the reading's task."""
    return Places(reading) if reading.asked.labels.ANNOTATED else Scores(reading)


def _truth(kept: Mapping[str, Any]) -> Any:
    try:
        return parse(json.dumps(kept))
    except DataError as error:
        raise ExportError(f"A test vector must hold an answer. {error}") from None
