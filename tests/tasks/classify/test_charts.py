"""Curves of classes against the rest, and of how often answers are right against how sure they are."""

import numpy as np
import pytest

from tltool.chart import Curves
from tltool.tasks.classify.charts import MOST_POINTS, chart

ABC = ["a", "b", "c"]


def answers(n: int, certainty: float) -> tuple[np.ndarray, np.ndarray]:
    """Of three classes, all right, and said with that probability."""
    labels = np.random.default_rng(0).integers(0, 3, n)
    return labels, np.eye(3)[labels] * (certainty - (1 - certainty) / 2) + (1 - certainty) / 2


def of(labels: np.ndarray, probabilities: np.ndarray) -> Curves:
    return chart(labels, probabilities, ABC, {}, "test photos")


def test_every_class_that_can_be_told_from_the_rest_has_its_curves_the_worst_first() -> None:
    labels, scores = answers(60, 0.9)
    labels[labels == 2] = 1  # "c" is absent, and "b" half of the time called "c"
    receiver, precision, _ = of(labels, scores).panels
    assert [curve.name for curve in receiver.curves] == [curve.name for curve in precision.curves] == ["b", "a"]
    for panel in (receiver, precision):
        for curve in panel.curves:
            assert list(curve.across) == sorted(curve.across) and (curve.across[0], curve.across[-1]) == (0, 1)
            assert all(0 <= up <= 1 for up in curve.up)
    assert receiver.curves[1].up == (0, 1, 1)


def test_curves_of_many_photos_have_few_points_and_keep_their_ends() -> None:
    random = np.random.default_rng(0)
    labels, scores = random.integers(0, 3, 5000), random.dirichlet((1, 1, 1), 5000)
    receiver, precision, _ = of(labels, scores).panels
    for curve in (*receiver.curves, *precision.curves):
        assert len(curve.across) <= MOST_POINTS and (curve.across[0], curve.across[-1]) == (0, 1)
    assert receiver.curves[0].up[::-1][0] == 1


@pytest.mark.parametrize(("n", "groups"), [(1, 1), (19, 1), (25, 2), (100, 10), (1000, 10)])
def test_answers_are_put_into_groups_of_ten_or_more(n: int, groups: int) -> None:
    reliability = of(*answers(n, 0.9)).panels[-1]
    assert len(reliability.curves[0].across) == groups
    assert reliability.curves[0].across == pytest.approx([0.9] * groups) and reliability.curves[0].up == (1.0,) * groups


def test_reliability_is_shown_before_and_after_a_temperature_and_once_where_there_is_none() -> None:
    labels, scores = answers(40, 0.6)
    (after,), (same, before) = (chart(labels, scores, ABC, {}, "photos", temperature=t).panels[-1].curves for t in (1.0, 2.0))
    assert same == after and before.name == "before temperature 2.00, in 4 groups of as many"
    assert before.across == pytest.approx([0.36 / (0.36 + 2 * 0.04)] * 4) and before.up == after.up


def test_one_class_alone_can_be_told_from_nothing() -> None:
    assert [panel.title for panel in of(np.zeros(5, int), np.eye(3)[[0, 0, 1, 0, 0]]).panels] == ["Reliability, as the model is"]
