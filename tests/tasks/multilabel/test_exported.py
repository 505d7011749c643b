import numpy as np
import pytest

from tltool.errors import ExportError
from tltool.parity import Flip, Parity
from tltool.tasks.multilabel.exported import compare, leads

CLASSES = ["a", "b", "c"]
SETTLED = {"thresholds": {"a": 0.5, "b": 0.3, "c": 0.5}}
LABELS = (np.random.default_rng(0).random((40, 3)) < 0.4).astype(int)
SCORES = np.clip(LABELS * 0.6 + np.random.default_rng(1).random((40, 3)) * 0.4, 0, 1).astype("float32")


def against(exported: np.ndarray, reference: np.ndarray = SCORES) -> Parity:
    return compare(reference, exported, LABELS, [f"{i}.png" for i in range(len(LABELS))], CLASSES, SETTLED)


def test_equal_models_agree_on_everything() -> None:
    parity = against(SCORES)
    assert (parity.agreement, parity.largest_gap, parity.drop, parity.mcnemar_p, parity.flips) == (1, 0, 0, 1, ())
    assert parity.score == "macro average precision" and parity.exported_interval[0] <= parity.exported_accuracy


def test_a_photo_with_one_label_more_counts_as_another_answer_and_is_named() -> None:
    reference, exported = np.full((40, 3), 0.1), np.full((40, 3), 0.1)
    reference[0], exported[0], exported[1] = [0.9, 0.1, 0.1], [0.9, 0.4, 0.1], [0.1, 0.29, 0.1]
    parity = against(exported, reference)
    truth = "|".join(np.array(CLASSES)[LABELS[0] == 1]) or "none of the labels"
    assert parity.flips == (Flip("0.png", truth, "a", "a|b"),)
    assert parity.agreement == pytest.approx(39 / 40) and parity.moved == pytest.approx((0.3 + 0.19) / 120)


def test_labels_that_were_exchanged_trip_it() -> None:
    parity = against(SCORES[:, [1, 2, 0]])
    assert parity.drop > 0.3 and parity.mcnemar_p < 1e-3 and not parity.constant


def test_an_export_that_tells_no_photos_apart_is_constant() -> None:
    assert against(np.tile(SCORES[:1], (40, 1))).constant
    assert not against(np.tile(SCORES[:1], (40, 1)), np.tile(SCORES[:1], (40, 1))).constant


@pytest.mark.parametrize("exported", [SCORES[:, :2], SCORES[:9], np.full_like(SCORES, np.nan)])
def test_what_cannot_be_compared_is_refused(exported: np.ndarray) -> None:
    with pytest.raises(ExportError, match="Both models must"):
        against(exported)


def test_the_label_nearest_to_its_threshold_decides_how_sure_an_answer_is() -> None:
    assert leads(np.array([[0.9, 0.35, 0.1]]), CLASSES, SETTLED) == pytest.approx([0.05])
