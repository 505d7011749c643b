"""The part of a task that says how far its answers can be trusted."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np


class Calibrating(Protocol):
    """What a temperature is fitted with, see ``evaluation.temperature``, and what sets and thresholds are worked out from, see
    ``evaluation.trust``. ``logits`` are those that the layer of this name gives, [n, …]; ``labels`` are encoded; and ``answers`` are as
    ``Answering.read`` gives them, one for each photo."""

    def outputs(self, logits: "np.ndarray") -> "np.ndarray":
        """What the model makes of its ``logits``: outputs [n, …], float32."""

    def log_loss(self, logits: "np.ndarray", labels: "np.ndarray") -> float:
        """Sum over all photos of −log of the probability given to what is true, in nats."""

    def error(self, answers: "np.ndarray", labels: "np.ndarray") -> float:
        """How far probabilities are from the share that is right, 0…1."""

    def certainty(self, answers: "np.ndarray") -> "np.ndarray":
        """The probability of what is answered, float [n]."""

    def of_truth(self, answers: "np.ndarray", labels: "np.ndarray") -> "np.ndarray":
        """The probability of what is true, float [n]."""

    def fitting(self, outputs: "np.ndarray", classes: Sequence[str], least: float) -> list[tuple[str, float]]:
        """Of one photo's ``outputs`` […] all that has a probability of ``least`` or more, with it, the highest first."""
