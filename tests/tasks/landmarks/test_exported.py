import numpy as np
import pytest
from named_points import NAMES, outputs_of, truths_of

from tltool.errors import ExportError
from tltool.parity import Parity
from tltool.tasks.landmarks import exported, labels

SIDE = 64
TRUTHS = truths_of(10)
REFERENCE = outputs_of(TRUTHS, SIDE, "pad")
PHOTOS = [f"{i}.jpg" for i in range(10)]


def compare(outputs: np.ndarray, reference: np.ndarray = REFERENCE) -> Parity:
    return exported.compare(reference, outputs, TRUTHS, PHOTOS, NAMES, {}, labels.frames(TRUTHS, SIDE, "pad"))


def test_a_copy_is_the_same() -> None:
    copy = compare(REFERENCE)
    assert (copy.agreement, copy.largest_gap, copy.moved, copy.drop, copy.flips, copy.constant, copy.mcnemar_p) == (
        1,
        0,
        0,
        0,
        (),
        False,
        1,
    )
    assert copy.reference_accuracy == pytest.approx(1, abs=1e-4) and copy.score.startswith("closeness")


def test_a_point_that_lies_elsewhere_is_told_of_the_photo_in_which_it_does() -> None:
    outputs = REFERENCE.copy()
    outputs[3, 2, 0] += 0.3
    outputs[4, 0, 1] += 0.004  # nearly the same
    parity = compare(outputs)
    assert parity.agreement == pytest.approx(39 / 40) and parity.drop > 0
    (flip,) = parity.flips
    assert flip.photo == "3.jpg" and flip.model == flip.label and flip.exported.startswith("rightear at") and flip.exported != flip.model
    low, high = parity.exported_interval
    assert low <= parity.exported_accuracy <= high


def test_an_export_that_says_the_same_of_every_photo_is_constant() -> None:
    assert compare(np.repeat(REFERENCE[:1], 10, axis=0)).constant
    assert not compare(np.repeat(REFERENCE[:1], 10, axis=0), np.repeat(REFERENCE[:1], 10, axis=0)).constant


@pytest.mark.parametrize("outputs", [REFERENCE[:5], REFERENCE[:, :2], np.full_like(REFERENCE, np.nan)])
def test_outputs_that_do_not_fit_or_are_no_numbers_are_refused(outputs: np.ndarray) -> None:
    with pytest.raises(ExportError):
        compare(outputs)


def test_the_least_sure_point_leads() -> None:
    outputs = REFERENCE.copy()
    outputs[2, 1, 2] = 0.1
    assert exported.leads(outputs, NAMES, {})[1:3] == pytest.approx([0.9, 0.1])
