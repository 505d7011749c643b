"""Every task of the catalogue keeps to the contract, and so does one that nobody in the package has heard of."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from check_located import check_located
from check_task import check_task

from tltool import Photos, catalog
from tltool.intervals import wilson
from tltool.measuring import Score
from tltool.task import task_named
from tltool.tasks.classify import answers, charts, checks, details, exported, head, labels, measures, outputs

NAMES = tuple(catalog.TASKS)
LOCATED = tuple(name for name in NAMES if task_named(name).labels.ANNOTATED)
KEY = "either"


class FirstOrSecond(keras.metrics.TopKCategoricalAccuracy):
    """Whether the right class is among the first two."""

    def __init__(self) -> None:
        super().__init__(k=2, name=KEY)


def each(labels: np.ndarray, probabilities: np.ndarray, classes: list[str], settled: Any) -> np.ndarray:
    return (np.argsort(-probabilities, axis=1, kind="stable")[:, :2] == labels[:, None]).any(axis=1).astype(float)


def weighted(labels: np.ndarray, probabilities: np.ndarray, classes: list[str], settled: Any, weights: np.ndarray) -> np.ndarray:
    return weights @ each(labels, probabilities, classes, settled) / weights.sum(axis=1)


def measure(labels: np.ndarray, probabilities: np.ndarray, classes: list[str], split: str, settled: Any) -> dict[str, Any]:
    hits = int(each(labels, probabilities, classes, settled).sum())
    return {
        **measures.measure(labels, probabilities, classes, split),
        KEY: hits / len(labels),
        f"{KEY}_interval": wilson(hits, len(labels)),
    }


FIRST_OR_SECOND = SimpleNamespace(  # a task of its own: one class per photo, right where it is the first or the second answer
    labels=labels,
    head=SimpleNamespace(**{**vars(head), "metric": lambda model: FirstOrSecond()}),
    answers=answers,
    measures=SimpleNamespace(
        **{**vars(measures), "SCORE": Score(KEY, "first or second", True), "measure": measure, "each": each, "weighted": weighted}
    ),
    checks=checks,
    details=details,
    charts=charts,
    outputs=outputs,
    exported=exported,
)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in LOCATED])
def test_every_task_keeps_to_the_contract(name: str, tmp_path: Path) -> None:
    check_task(name, tmp_path)


@pytest.mark.parametrize("name", LOCATED)
def test_every_task_that_says_where_something_is_does_too(name: str, tmp_path: Path) -> None:
    check_located(name, tmp_path)


def test_a_task_from_elsewhere_needs_one_line_in_the_catalogue(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(catalog.TASKS, "first_or_second", f"{__name__}:FIRST_OR_SECOND")
    check_task("first_or_second", tmp_path)
    assert Photos(data="photos", task="first_or_second").task == "first_or_second"


def test_every_task_has_its_line_in_the_readme() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if f"--task {name}" not in readme] == []
