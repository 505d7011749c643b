"""Whether an export finds the same regions."""

from pathlib import Path

import numpy as np
import pytest
from regions import CLASSES, squares, sure, truths_in

from tltool.data.geometry import Frame
from tltool.errors import ExportError
from tltool.parity import Parity
from tltool.tasks.segment.exported import compare, leads

SIDE, N = 24, 10
MAPS = squares(N, SIDE)
SCORES = sure(MAPS)
FRAMES = [Frame(SIDE, SIDE, SIDE, "pad")] * N


@pytest.fixture
def labels(tmp_path: Path) -> np.ndarray:
    return truths_in(tmp_path, MAPS)


def against(labels: np.ndarray, exported: np.ndarray, reference: np.ndarray = SCORES) -> Parity:
    return compare(reference, exported, labels, [f"{i}.png" for i in range(N)], CLASSES, {}, FRAMES)


def test_equal_models_agree_on_everything(labels: np.ndarray) -> None:
    parity = against(labels, SCORES)
    assert (parity.agreement, parity.largest_gap, parity.drop, parity.mcnemar_p, parity.flips) == (1, 0, 0, 1, ())
    assert (parity.reference_accuracy, parity.exported_interval, parity.score) == (1, (1, 1), "mean IoU") and not parity.constant


def test_agreement_is_the_share_of_pixels_and_photos_with_more_than_rounding_are_named(labels: np.ndarray) -> None:
    changed = MAPS.copy()
    changed[0, :, :12] = 2 - changed[0, :, :12]
    changed[1, 0, 0] = 1
    parity = against(labels, sure(changed))
    turned = np.mean(changed != MAPS)
    assert parity.agreement == pytest.approx(1 - turned) and parity.exported_accuracy < parity.reference_accuracy == 1
    (flip,) = parity.flips
    assert flip.photo == "0.png" and flip.model == flip.label != flip.exported and "background " in flip.label and "%" in flip.label


def test_an_export_that_loses_on_every_photo_is_no_accident(labels: np.ndarray) -> None:
    assert against(labels, SCORES[..., [1, 2, 0]]).mcnemar_p < 0.01


def test_an_export_that_tells_no_photos_apart_is_constant(labels: np.ndarray) -> None:
    same = np.tile(SCORES[:1], (N, 1, 1, 1))
    assert against(labels, same).constant and not against(labels, same, same).constant


@pytest.mark.parametrize("exported", [SCORES[..., :2], SCORES[:9], np.full_like(SCORES, np.nan)])
def test_what_cannot_be_compared_is_refused(labels: np.ndarray, exported: np.ndarray) -> None:
    with pytest.raises(ExportError, match="Both models must"):
        against(labels, exported)


def test_how_sure_an_answer_is_is_how_far_the_first_class_is_ahead_in_a_cell() -> None:
    assert leads(np.array([[[[0.7, 0.2, 0.1], [0.4, 0.3, 0.3]]]]), CLASSES, {}) == pytest.approx([0.3])
