"""An export is a claim that it answers like the model it came from; what testing that claim on the same photos found."""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from tltool.errors import ExportError

LEVEL = 1e-6  # numbers that differ by less are one number, written twice


class Flip(NamedTuple):
    """A photo that the export names otherwise: its true class, what the model says and what the export says."""

    photo: str
    label: str
    model: str
    exported: str


@dataclass(frozen=True)
class Parity:
    """How an exported model's answers compare with the reference's on ``n`` photos; shares and probabilities in 0…1."""

    n: int
    agreement: float  # share of photos, or of what is located in them, that get the same answer
    largest_gap: float  # of any one probability
    mean_gap: float
    moved: float  # share of a photo's probability that went to other classes (total variation), on average
    constant: bool  # the export does not tell photos apart that the reference does
    reference_accuracy: float  # or what else ``score`` names
    exported_accuracy: float
    exported_interval: tuple[float, float]  # 95 %
    mcnemar_p: float  # how likely so lopsided a set of changed answers is if both were equally good
    flips: tuple[Flip, ...]  # the photos whose answer changed
    score: str = "accuracy"  # the task's own, for people

    @property
    def drop(self) -> float:
        """Score lost by the export; negative where it won some."""
        return self.reference_accuracy - self.exported_accuracy

    @property
    def lost(self) -> int:
        """Photos the model gets right and the export does not, less those it is the other way round with; of another score than accuracy,
        what as many photos are of all."""
        return round(self.drop * self.n)

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            **asdict(self),
            "exported_interval": list(self.exported_interval),
            "drop": self.drop,
            "flips": [flip._asdict() for flip in self.flips],
        }


def require_comparable(reference: np.ndarray, exported: np.ndarray, labels: np.ndarray, must: str, each: str, all_of: str) -> None:
    """Hold outputs [n, …] of two models to what can be compared on photos with ``labels`` [n, …].

    Args:
        must: what both models must do, as the end of a sentence.
        each: what a number is called in it, such as ``scores``.
        all_of: what numbers are, where they are none, such as ``probabilities``.

    Raises:
        ExportError: shapes that differ, no photos, or outputs that are not numbers.
    """
    if reference.shape != exported.shape or len(labels) != len(reference) or not len(labels):
        raise ExportError(f"Both models must {must}. Received: {each} {reference.shape} and {exported.shape} for {len(labels)} photos.")
    if not (np.isfinite(reference).all() and np.isfinite(exported).all()):
        raise ExportError(f"Both models must give numbers. Received: NaN or infinity among the {all_of}. Train again.")


def is_constant(reference: np.ndarray, exported: np.ndarray) -> bool:
    """Whether outputs [n, …] of an export are the same for every photo, where those of the reference tell photos apart."""
    return bool(np.ptp(exported, axis=0).max() <= LEVEL < np.ptp(reference, axis=0).max())
