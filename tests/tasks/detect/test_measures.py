"""What a report on boxes holds and says."""

import re

import numpy as np
import pytest

from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.runs.forms import FORMAT
from tltool.tasks.detect import measures
from tltool.tasks.detect.guessing import guesses, learned_from

CLASSES = ["a", "b", "never"]


def encoded(truths: list[Truth]) -> np.ndarray:
    labels = np.empty(len(truths), object)
    labels[:] = truths
    return labels


def photos(n: int = 24, seed: int = 0) -> np.ndarray:
    """One to three objects each, and every sixth photo without any."""
    generator, truths = np.random.default_rng(seed), []
    for photo in range(n):
        amount = 0 if photo % 6 == 5 else int(generator.integers(1, 4))
        corners = np.cumsum(generator.uniform(8, 40, (amount, 2, 2)), axis=1).reshape(amount, 4)
        kinds = generator.choice(["a", "a", "b"], amount)
        truths.append(Truth(100, 90, tuple(Instance(Box.of(str(kind), its.tolist())) for kind, its in zip(kinds, corners, strict=True))))
    return encoded(truths)


LABELS = photos()
SETTLED = {**learned_from(LABELS, CLASSES), "threshold": {"score": 0.5}}


def test_a_perfect_answer_scores_1() -> None:
    report = measures.measure(LABELS, list(LABELS), CLASSES, "test", SETTLED)
    assert [report[name] for name in ("ap", "ap50", "ap75")] == [1, 1, 1] and report["ap_interval"] == [1, 1]
    assert measures.score(LABELS, list(LABELS), CLASSES) == 1
    table = np.array(report["confusion"])
    assert table.sum() == np.trace(table) == report["objects"] and report["empty"] == {"n": 4, "right": 4}
    assert report["per_class"]["never"]["ap"] is None and report["per_class"]["a"]["f1"] == 1
    assert measures.FORM.model_validate({"format": FORMAT, "task": "classify", **report}).content["n"] == 24


def test_a_shuffled_answer_is_near_what_a_guesser_reaches() -> None:
    shuffled = list(LABELS[np.random.default_rng(1).permutation(len(LABELS))])
    report = measures.measure(LABELS, shuffled, CLASSES, "test", SETTLED)
    assert report["ap"] < 0.2 and report["guess_ap"] < 0.2
    assert report["guess_ap"] == pytest.approx(measures.score(LABELS, guesses(SETTLED, LABELS), CLASSES))
    low, high = report["ap_interval"]
    assert low <= report["ap"] <= high


def test_a_shift_that_leaves_ap50_alone_costs_ap() -> None:
    moved = [
        Truth(its.width, its.height, tuple(Instance(box._replace(left=box.left + 2, right=box.right + 2)) for box in its.boxes))
        for its in LABELS
    ]
    report = measures.measure(LABELS, moved, CLASSES, "test", SETTLED)
    assert report["ap50"] > 0.95 > 0.9 > report["ap"]


def test_what_was_measured_can_be_told() -> None:
    said = [Truth(its.width, its.height, tuple(Instance(box._replace(score=0.9)) for box in its.boxes[1:])) for its in LABELS]
    table, first, second = map(str, measures.told(measures.measure(LABELS, said, CLASSES, "test", SETTLED)))
    assert "AP50" in table and "n/a" in table
    assert first.startswith("AP 0.") and "95 % interval" in first and "would reach" in first and "24 test photos" in first
    assert "No object is on 17% of the photos, and" in second
    assert "score 0.50 or more" in second and "and nothing is shown on 4 of 4 of those." in second


def test_photos_without_any_object_have_no_ap() -> None:
    nothing = encoded([Truth(100, 90)] * 3)
    report = measures.measure(nothing, list(nothing), CLASSES, "all", {})
    assert (report["ap"], report["objects"], report["guess_ap"]) == (0, 0, None)
    assert "n/a" in " ".join(map(str, measures.told(report)))
    assert measures.FORM.model_validate({"format": FORMAT, "task": "classify", **report})


def test_the_floor_is_said_of_what_was_learned() -> None:
    assert re.fullmatch(
        r"The mean box of the most frequent class, '[ab]', would reach an AP of 0\.\d+ on the validation photos\.",
        measures.floor(LABELS, CLASSES, "validation photos", LABELS),
    )
    assert "No training photo" in measures.floor(LABELS, CLASSES, "test photos", encoded([Truth(9, 9)]))


def test_what_is_taken_for_background_and_the_other_way_round_is_counted_class_by_class() -> None:
    one, other, nowhere = (Instance(Box.of(label, (left, 10, left + 20, 30))) for label, left in (("a", 5), ("b", 35), ("a", 70)))
    labels = encoded([Truth(100, 90, (one, other)), Truth(100, 90, (other,))])
    report = measures.measure(labels, [Truth(100, 90, (one, nowhere)), Truth(100, 90, (other,))], CLASSES, "test", SETTLED)
    told = {name: (row["missed"], row["invented"]) for name, row in report["per_class"].items()}
    assert told == {"a": (0, 1), "b": (1, 0), "never": (0, 0)}
    table, _, shown = map(str, measures.told(measures.FORM.model_validate({"format": FORMAT, "task": "detect", **report}).content))
    assert re.search(r"of nothing", table) and shown.endswith("Every photo has an object.")


def test_a_report_of_before_that_counts_no_background_can_be_told() -> None:
    report = measures.measure(LABELS, list(LABELS), CLASSES, "test", SETTLED)
    for row in report["per_class"].values():
        del row["missed"], row["invented"]
    content = measures.FORM.model_validate({"format": FORMAT, "task": "detect", **report}).content
    assert "–" in str(next(iter(measures.told(content))))
