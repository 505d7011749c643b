"""Whether two models find the same boxes."""

import numpy as np
import pytest

from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.data.geometry import Frame
from tltool.errors import ExportError
from tltool.tasks.detect import exported

CLASSES, FRAMES, PHOTOS = ["a", "b"], [Frame(100, 100, 50, "pad")] * 3, ["one", "two", "three"]
SETTLED = {"threshold": {"score": 0.4}}
LABELS = np.empty(3, object)
LABELS[:] = [
    Truth(100, 100, (Instance(Box("a", 15, 15, 35, 35)),)),
    Truth(100, 100, (Instance(Box("b", 65, 65, 85, 85)),)),
    Truth(100, 100),
]


def outputs() -> np.ndarray:
    given = np.zeros((3, 10, 10, 6), np.float32)
    given[..., 2:4] = 0.2
    given[0, 2, 2, 4], given[1, 7, 7, 5] = 0.9, 0.6
    return given.reshape(3, 100, 6)


def compare(other: np.ndarray) -> exported.Parity:
    return exported.compare(outputs(), other, LABELS, PHOTOS, CLASSES, SETTLED, FRAMES)


def test_a_copy_answers_the_same() -> None:
    copy = compare(outputs())
    assert (copy.agreement, copy.largest_gap, copy.drop, copy.flips, copy.constant) == (1, 0, 0, (), False)
    assert copy.reference_accuracy == 1 and copy.score == "AP"


def test_a_box_that_is_moved_lost_or_added_is_another_answer() -> None:
    moved, lost, added = outputs(), outputs(), outputs()
    moved[0, :, 0] += 0.05
    lost[1, 77, 5] = 0.3
    added[2, 50, 4] = 0.8
    assert [compare(other).agreement for other in (moved, lost, added)] == [pytest.approx(2 / 3)] * 3
    assert compare(lost).flips == (exported.Flip("two", "b", "b", "no object"),)
    assert compare(added).flips[0].exported == "a" and compare(moved).flips[0].photo == "one"
    assert compare(moved).drop > 0.1


def test_one_answer_for_every_photo_is_none() -> None:
    assert compare(np.repeat(outputs()[:1], 3, axis=0)).constant


def test_what_cannot_be_compared_is_refused() -> None:
    for other in (outputs()[:2], np.full_like(outputs(), np.nan)):
        with pytest.raises(ExportError):
            compare(other)


def test_the_lead_is_how_far_the_nearest_peak_is_from_the_threshold() -> None:
    assert exported.leads(outputs(), CLASSES, SETTLED) == pytest.approx([0.4, 0.2, 0.4])


def drawn(*boxes: Box) -> Truth:
    return Truth(100, 100, tuple(map(Instance, boxes)))


@pytest.mark.parametrize(
    ("found", "pixels"),
    [
        ((Box("a", 10, 10, 30, 30, score=0.9),), 0),
        ((Box("a", 11, 10, 30, 27.5, score=0.9),), 2.5),
        ((), 100),  # what is surely shown is missed
        ((Box("b", 10, 10, 30, 30, score=0.9),), 100),
        ((Box("a", 10, 10, 30, 30, score=0.9), Box("a", 50, 50, 60, 60, score=0.45)), 0),  # what is nearly not shown is not asked for
        ((Box("a", 10, 10, 30, 30, score=0.9), Box("a", 50, 50, 60, 60, score=0.6)), 40),
    ],
)
def test_answers_are_as_far_apart_as_the_side_of_a_sure_box_from_its_nearest(found: tuple[Box, ...], pixels: float) -> None:
    assert exported.apart(drawn(Box("a", 10, 10, 30, 30, score=0.8)), drawn(*found), SETTLED) == pixels
    assert exported.apart(drawn(*found), drawn(Box("a", 10, 10, 30, 30, score=0.8)), SETTLED) == pixels
