"""What the outputs of a model say, for whoever holds two of its answers side by side."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from tltool.data.annotations.cells import write
from tltool.data.geometry import Frame
from tltool.evaluation.predictors import Predictor
from tltool.runs.forms import Asked
from tltool.task import Task, task_named


class Reading(NamedTuple):
    """The task of a model, its classes, what was settled for its answers, and the side of the square that it sees."""

    task: str
    classes: Sequence[str]
    settled: Mapping[str, Any]
    size: int = 0

    @classmethod
    def by(cls, predictor: Predictor) -> Self:
        """As a predictor is read."""
        return cls(predictor.task, predictor.classes, predictor.settled, predictor.size)

    @classmethod
    def of(cls, facts: Mapping[str, Any], size: int) -> Self:
        """As an export is read that has these facts; one of before knew one task."""
        asked = Asked.model_validate(facts)
        return cls(asked.task, facts["classes"], asked.settled, size)

    @property
    def asked(self) -> Task:
        return task_named(self.task)

    def said(self, outputs: np.ndarray) -> np.ndarray:
        """The answers to outputs [n, …], text [n]; where they are located, it is in the square itself."""
        square = Frame(self.size, self.size, self.size, "stretch")
        return np.array(self.asked.answers.said(outputs, self.classes, self.settled, [square] * len(outputs)), object)

    def leads(self, outputs: np.ndarray) -> np.ndarray:
        """By how much each of them is away from another one, float [n], 0…1."""
        return self.asked.exported.leads(outputs, self.classes, self.settled)

    def shown(self, outputs: np.ndarray) -> list[dict[str, Any]]:
        """Of located answers to outputs [n, …] what is drawn, each as a cell of ``split.csv`` has it."""
        answers, pictures = self.asked.answers, self.asked.pictures
        chosen = [(cell, answers.choose(cell, its, self.classes, self.settled, None)) for cell, its in zip(self.said(outputs), outputs)]
        return [json.loads(write(pictures.shown(*pair))) for pair in chosen]
