"""What the probabilities of a model say, for whoever holds two of its answers side by side."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from tltool.evaluation.predictors import Predictor
from tltool.runs.forms import Asked
from tltool.task import task_named


class Reading(NamedTuple):
    """The task of a model, its classes, and what was settled for its answers."""

    task: str
    classes: Sequence[str]
    settled: Mapping[str, Any]

    @classmethod
    def by(cls, predictor: Predictor) -> Self:
        """As a predictor is read."""
        return cls(predictor.task, predictor.classes, predictor.settled)

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """As an export is read that has these facts; one of before knew one task."""
        asked = Asked.model_validate(facts)
        return cls(asked.task, facts["classes"], asked.settled)

    def said(self, probabilities: np.ndarray) -> np.ndarray:
        """The answers to probabilities [n, classes], text [n]."""
        return np.array(task_named(self.task).answers.said(probabilities, self.classes, self.settled), object)

    def leads(self, probabilities: np.ndarray) -> np.ndarray:
        """By how much each of them is away from another one, float [n], 0…1."""
        return task_named(self.task).exported.leads(probabilities, self.classes, self.settled)
