"""How far a training has come: plain values that ``checkpoint`` writes down and reads back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a phase reached: its score on the validation photos, the weights that reached it, and its rows of history.

    ``stopped`` says why where the phase had to end early; its score is 0 where not one epoch was completed.
    """

    phase: str
    score: float
    weights: list[np.ndarray]
    history: list[dict[str, Any]]
    stopped: str = ""


@dataclass(frozen=True, eq=False)
class Stretch:
    """A phase under way, between two epochs.

    Attributes:
        epoch: epochs that are done.
        batch_size: photos per step, fewer than asked for where memory ran out.
        optimizer, seeds: values of the optimizer's variables and of every random generator of the training graph.
        best: weights of the model with the best ``score`` (of the validation photos, and −loss) so far, ``waited`` epochs ago.
        history: one row per epoch.
    """

    epoch: int
    batch_size: int
    optimizer: list[np.ndarray]
    seeds: list[np.ndarray]
    best: list[np.ndarray]
    score: tuple[float, float]
    waited: int
    history: list[dict[str, Any]]


@dataclass(frozen=True, eq=False)
class State:
    """Everything that the end of a training depends on, between two epochs or two phases.

    Attributes:
        weights, seeds: values of the model's weights, and of the random generators of its own layers.
        outcomes: one per phase that is done.
        stretch: the phase under way; None before its first epoch is done.
    """

    weights: list[np.ndarray]
    seeds: list[np.ndarray]
    outcomes: list[Outcome] = field(default_factory=list)
    stretch: Stretch | None = None

    @property
    def history(self) -> list[dict[str, Any]]:
        """The rows of every epoch so far."""
        rows = [row for outcome in self.outcomes for row in outcome.history]
        return rows + (self.stretch.history if self.stretch else [])


def best_of(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome with the best score on the validation photos; of equals, the later."""
    return max(reversed(outcomes), key=lambda outcome: round(outcome.score, 6))  # some were counted in float32
