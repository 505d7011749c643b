import json

import numpy as np
import pytest

from tltool.errors import ExportError
from tltool.parity import Flip
from tltool.tasks.classify.exported import compare


def one_hot(labels: list[int], classes: int = 3) -> np.ndarray:
    return np.eye(classes, dtype="float32")[np.array(labels, int)]


def test_equal_models_agree_on_everything() -> None:
    scores = np.random.default_rng(0).dirichlet([1, 1, 1], 50).astype("float32")
    parity = compare(scores, scores, scores.argmax(axis=1))
    assert (parity.n, parity.agreement, parity.largest_gap, parity.mcnemar_p, parity.flips, parity.drop) == (50, 1, 0, 1, (), 0)
    assert parity.reference_accuracy == parity.exported_accuracy == 1


def test_flips_gaps_and_accuracies_are_counted() -> None:
    reference, exported = one_hot([0, 1, 2, 0]), one_hot([0, 1, 1, 1])
    exported[0] = [0.75, 0.25, 0]
    parity = compare(reference, exported, np.array([0, 1, 2, 1]))
    assert parity.flips == (Flip("2", "2", "2", "1"), Flip("3", "1", "0", "1"))
    assert (parity.agreement, parity.largest_gap) == (0.5, 1.0)
    assert parity.mean_gap == pytest.approx((0.25 * 2 + 1 * 4) / 12)
    assert (parity.reference_accuracy, parity.exported_accuracy, parity.drop, parity.lost) == (0.75, 0.75, 0, 0)
    assert parity.exported_interval == pytest.approx((0.3006, 0.9544), abs=1e-3)  # Wilson's for 3 of 4


def test_flips_are_called_by_name_where_names_are_given() -> None:
    parity = compare(one_hot([0, 1]), one_hot([0, 2]), np.array([0, 0]), ["a/1.jpg", "a/2.jpg"], ["cat", "dog", "owl"])
    assert parity.flips == (Flip("a/2.jpg", "cat", "dog", "owl"),)


def test_mcnemar_is_the_exact_two_sided_binomial_test() -> None:
    labels = np.zeros(20, int)
    reference, exported = one_hot([0] * 20), one_hot([1] * 6 + [0] * 14)
    assert compare(reference, exported, labels).mcnemar_p == pytest.approx(2 / 2**6)  # six lost, none won
    assert compare(reference, exported, labels).drop == pytest.approx(0.3)


def test_shuffled_labels_trip_it() -> None:
    scores = np.random.default_rng(0).dirichlet([0.2, 0.2, 0.2], 200).astype("float32")
    parity = compare(scores, scores[:, [1, 2, 0]], scores.argmax(axis=1))
    assert parity.agreement < 0.1 and parity.mcnemar_p < 1e-20 and parity.drop > 0.9


def test_what_moves_between_classes_does_not_vanish_among_many() -> None:
    unsure = np.full((4, 1001), 0.5 / 1000)
    unsure[:, 0] = 0.5
    sure = np.eye(1001)[[0] * 4]
    assert compare(sure, unsure, np.zeros(4, int)).moved == pytest.approx(0.5)


SCORES = np.random.default_rng(0).dirichlet([1, 1, 1], 20)


@pytest.mark.parametrize(
    "exported",
    [
        np.zeros((20, 3)),  # as uint8 scores of 1,001 classes that nothing is sure of
        np.full((20, 3), 1 / 3),
        np.tile(SCORES[:1], (20, 1)),  # the same scores for every photo
        np.concatenate([SCORES[:, :1] / 100, 1 - SCORES[:, :1] / 100, np.zeros((20, 1))], axis=1),  # the same label for every photo
    ],
)
def test_an_export_that_tells_no_photos_apart_is_constant(exported: np.ndarray) -> None:
    assert compare(SCORES, exported, SCORES.argmax(axis=1)).constant


def test_a_model_that_is_constant_itself_and_a_lone_photo_are_no_fault_of_the_export() -> None:
    same = np.tile(SCORES[:1], (20, 1))
    assert not compare(same, same, np.zeros(20, int)).constant
    assert not compare(SCORES[:1], SCORES[:1] * 0.9, np.zeros(1, int)).constant
    one_other = np.concatenate([np.eye(3)[[0] * 19], np.eye(3)[[1]]]) * 0.9 + 0.01
    assert not compare(one_other, np.eye(3)[[0] * 20] * np.linspace(0.8, 1, 20)[:, None], np.zeros(20, int)).constant


def test_all_zeros_name_no_class_and_so_are_wrong_even_where_the_first_is_right() -> None:
    exported = SCORES.copy()
    exported[:5] = 0
    parity = compare(SCORES, exported, SCORES.argmax(axis=1))
    assert parity.exported_accuracy == 0.75 and [flip.exported for flip in parity.flips] == ["nothing"] * 5


def test_it_can_be_written_as_json() -> None:
    parity = compare(one_hot([0, 1]), one_hot([0, 2]), np.array([0, 1]))
    assert json.loads(json.dumps(parity.to_dict()))["flips"] == [{"photo": "1", "label": "1", "model": "1", "exported": "2"}]
    assert parity.to_dict()["drop"] == 0.5


@pytest.mark.parametrize(
    ("reference", "exported", "labels"),
    [
        (one_hot([0, 1]), one_hot([0]), [0, 1]),
        (one_hot([0, 1]), one_hot([0, 1], 4), [0, 1]),
        (one_hot([0]), one_hot([0]), [0, 1]),
        (one_hot([]), one_hot([]), []),
    ],
)
def test_scores_of_other_photos_or_classes_are_refused(reference: np.ndarray, exported: np.ndarray, labels: list[int]) -> None:
    with pytest.raises(ExportError, match="same photos for the same classes"):
        compare(reference, exported, np.array(labels))


def test_nan_is_refused() -> None:
    with pytest.raises(ExportError, match="NaN"):
        compare(one_hot([0]), one_hot([0]) * np.float32("nan"), np.array([0]))
