"""The highest peak of a map is the object."""

import numpy as np
import pytest

from tltool.data.annotations.cells import parse
from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.data.geometry import Frame
from tltool.errors import ExportError
from tltool.tasks.localize import answers, exported, pictures

CLASSES, FRAMES = ["a", "b"], [Frame(100, 100, 50, "pad")] * 2
LABELS = np.empty(2, object)
LABELS[:] = [Truth(100, 100, (Instance(Box("a", 15, 15, 35, 35)),)), Truth(100, 100, (Instance(Box("b", 65, 65, 85, 85)),))]


def outputs() -> np.ndarray:
    given = np.zeros((2, 10, 10, 6), np.float32)
    given[..., 2:4] = 0.2
    given[0, 2, 2, 4], given[0, 7, 7, 5], given[1, 7, 7, 5] = 0.9, 0.6, 0.004
    return given.reshape(2, 100, 6)


def test_one_box_is_said_of_every_photo_however_unsure() -> None:
    cells = answers.said(outputs(), CLASSES, {}, FRAMES)
    assert [[its.label for its in parse(cell).boxes] for cell in cells] == [["a"], ["b"]]
    (choice,) = answers.choose(cells[1], outputs()[1], CLASSES, {}, None)
    assert choice == ("b", pytest.approx(0.004), (65, 65, 85, 85))
    assert answers.record(cells[1], [choice]) == {"size": [100, 100], "label": "b", "score": 0.004, "box": [65, 65, 85, 85]}
    assert answers.record('{"size":[9,9]}', [])["label"] is None
    assert len(pictures.shown(cells[0], [choice]).boxes) == 1


def test_a_copy_locates_the_same_and_a_shift_is_another_answer() -> None:
    copy = exported.compare(outputs(), outputs(), LABELS, ["one", "two"], CLASSES, {}, FRAMES)
    assert (copy.agreement, copy.largest_gap, copy.drop, copy.flips, copy.constant, copy.score) == (1, 0, 0, (), False, "mean IoU")
    moved = outputs()
    moved[1, :, 0] += 0.05
    other = exported.compare(outputs(), moved, LABELS, ["one", "two"], CLASSES, {}, FRAMES)
    assert other.agreement == 0.5 and other.drop == pytest.approx(0.2) and other.flips[0].photo == "two"
    assert other.flips[0].exported == "b at 65, 70, 85, 90"
    with pytest.raises(ExportError):
        exported.compare(outputs(), outputs()[:1], LABELS, ["one", "two"], CLASSES, {}, FRAMES)


def test_the_lead_is_over_the_second_highest_score() -> None:
    assert exported.leads(outputs(), CLASSES, {}) == pytest.approx([0.3, 0.004])
