"""The part of a task that says how far its answers can be trusted, from what a model gives before probabilities are made of it."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np


class Calibrating(Protocol):
    """What a temperature is fitted with; see ``evaluation.temperature``. ``logits`` are those that the layer of this name gives, [n, …]."""

    def outputs(self, logits: "np.ndarray") -> "np.ndarray":
        """What the model makes of its ``logits``: outputs [n, …], float32."""

    def log_loss(self, logits: "np.ndarray", labels: "np.ndarray") -> float:
        """Sum over all photos of −log of the probability given to what is true, in nats; ``labels`` are encoded."""

    def error(self, answers: "np.ndarray", labels: "np.ndarray") -> float:
        """How far probabilities are from the share that is right, 0…1; ``answers`` as ``Answering.read`` gives them."""
