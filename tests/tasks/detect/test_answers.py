"""What is said, shown and settled."""

import numpy as np
import pandas
import pytest

from tltool.data.annotations.cells import parse, write
from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.data.geometry import Frame
from tltool.tasks.detect import answers
from tltool.tasks.detect.guessing import guesses, learned_from
from tltool.tasks.detect.shown import confusion

CLASSES = ["a", "b"]


def truth(*boxes: Box) -> Truth:
    return Truth(100, 80, tuple(map(Instance, boxes)))


def encoded(*truths: Truth) -> np.ndarray:
    labels = np.empty(len(truths), object)
    labels[:] = truths
    return labels


def box(label: str, left: float, score: float = 1.0, crowd: bool = False) -> Box:
    return Box(label, left, 10, left + 20, 30, crowd, score)


def map_of(*places: tuple[int, int, int, float]) -> np.ndarray:
    """Scores at (row, column, class) of a map of 10 × 10; boxes of a fifth of the side."""
    given = np.zeros((10, 10, 6), np.float32)
    given[..., 2:4] = 0.2
    for row, column, kind, score in places:
        given[row, column, 4 + kind] = score
    return given.reshape(100, 6)


def test_every_peak_is_said_and_only_those_shown_that_reach_the_threshold() -> None:
    outputs, frames = np.stack([map_of((2, 2, 0, 0.5), (7, 7, 1, 0.25)), map_of()]), [Frame(100, 100, 50, "pad")] * 2
    full, empty = answers.said(outputs, CLASSES, {}, frames)
    assert [its.score for its in parse(full).boxes] == [0.5, 0.25] and parse(empty).boxes == ()
    (shown,) = answers.choose(full, outputs[0], CLASSES, {"threshold": {"score": 0.4}}, None)
    assert shown == ("a", 0.5, (15, 15, 35, 35))
    assert len(answers.choose(full, outputs[0], CLASSES, {"threshold": {"score": 0.9}}, 5)) == 2
    assert answers.choose(empty, outputs[1], CLASSES, {}, 3) == [] and answers.columns(outputs, CLASSES) == {}
    assert answers.record(full, [shown]) == {"size": [100, 100], "boxes": [{"label": "a", "score": 0.5, "box": [15, 15, 35, 35]}]}


def test_what_was_settled_about_doubles_is_kept_to() -> None:
    outputs, frames = map_of((2, 2, 0, 0.5), (2, 4, 0, 0.25))[None], [Frame(100, 100, 50, "pad")]
    outputs[..., 2:4] = 1
    both, one = (answers.said(outputs, CLASSES, settled, frames) for settled in ({}, {"suppression": {"overlap": 0.6}}))
    assert (len(parse(*both).boxes), len(parse(*one).boxes)) == (2, 1)


def test_answers_are_read_back_from_the_table() -> None:
    said = [truth(box("a", 5, 0.25)), truth()]
    assert answers.read(pandas.DataFrame({"predicted": [*map(write, said)]}), CLASSES) == said


def test_the_threshold_is_where_f1_is_best_and_doubles_go_where_they_cost() -> None:
    labels = encoded(*[truth(box("a", 5), box("b", 60))] * 4)
    doubled = [truth(box("a", 5, 0.8), box("a", 6, 0.7), box("b", 60, 0.6), box("b", 30, 0.2))] * 4
    settled = answers.settle(doubled, labels, CLASSES, labels)
    assert settled["suppression"] == {"overlap": 0.6} and 0.2 < settled["threshold"]["score"] <= 0.6
    near = encoded(*[truth(box("a", 5), box("a", 8))] * 4)
    found = [truth(box("a", 5, 0.8), box("a", 8, 0.7))] * 4
    assert answers.settle(found, near, CLASSES, near)["suppression"] == {"overlap": 1.0}


def test_without_objects_or_answers_the_threshold_stays_what_it_was() -> None:
    for labels, said in ((encoded(truth()), [truth(box("a", 5, 0.9))]), (encoded(truth(box("a", 5))), [truth()])):
        assert answers.settle(said, labels, CLASSES, labels)["threshold"] == {"score": answers.UNSETTLED}


def test_a_guesser_says_the_mean_box_of_the_most_frequent_class() -> None:
    learned = encoded(
        truth(box("b", 10)), Truth(200, 160, (Instance(Box("b", 40, 20, 80, 60)),)), truth(box("a", 0)), truth(box("a", 0, 1, True))
    )
    settled = learned_from(learned, CLASSES)
    assert settled["guessed"] == {"b": pytest.approx(2 / 3)}
    (guess,) = guesses(settled, encoded(Truth(1000, 800)))
    assert guess.boxes[0].label == "b" and guess.boxes[0].corners == pytest.approx((150, 100, 350, 300), abs=0.01)
    assert learned_from(encoded(truth()), CLASSES) == {} and guesses({}, learned) == []
    assert all(0 <= value <= 1 for values in settled.values() for value in values.values())


def test_the_table_of_confusion_knows_what_is_missed_and_what_is_not_there() -> None:
    there = truth(box("a", 0), box("a", 30), box("b", 60), Box("b", 0, 40, 100, 80, True))
    said = truth(box("a", 1, 0.9), box("b", 31, 0.8), box("a", 80, 0.7), Box("b", 10, 50, 30, 70, score=0.9), box("b", 60, 0.1))
    assert confusion([there], [said], CLASSES, 0.5).tolist() == [[1, 1, 0], [0, 0, 1], [1, 0, 0]]


def test_a_box_shows_an_object_of_its_class_before_any_other() -> None:
    there = truth(box("a", 0), box("b", 2))
    said = truth(box("b", 0, 0.9), box("a", 2, 0.8))
    assert confusion([there], [said], CLASSES, 0.5).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]
