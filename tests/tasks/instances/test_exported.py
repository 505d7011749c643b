"""Whether two models find the same masks."""

import numpy as np
import pytest
from discs import CLASSES, SIDE, known, labels_of, row_of_discs

from tltool.data.geometry import Frame
from tltool.errors import ExportError
from tltool.parity import Parity
from tltool.tasks.instances.exported import compare, leads
from tltool.tasks.instances.layout import maps_of

TRUTHS = [row_of_discs(seed) for seed in range(4)]
OUTPUTS = known(*TRUTHS)
SETTLED = {"threshold": {"score": 0.4}}


def compared(exported: np.ndarray) -> Parity:
    frames = [Frame(truth.width, truth.height, SIDE, "pad") for truth in TRUTHS]
    return compare(OUTPUTS, exported, labels_of(*TRUTHS), ["a", "b", "c", "d"], CLASSES, SETTLED, frames)


def test_a_copy_agrees() -> None:
    parity = compared(OUTPUTS.copy())
    assert (parity.agreement, parity.flips, parity.mcnemar_p, parity.drop) == (1, (), 1, 0) and parity.score == "mask AP"


def test_what_leads_elsewhere_parts_masks_though_boxes_stay() -> None:
    exported = OUTPUTS.copy()
    maps_of(exported).offsets[0] *= -1
    parity = compared(exported)
    assert 0.6 < parity.agreement < 1 and [flip.photo for flip in parity.flips] == ["a"]
    assert parity.exported_accuracy < parity.reference_accuracy


def test_what_is_shown_no_longer_is_told_in_words() -> None:
    exported = OUTPUTS.copy()
    maps_of(exported).peaks[1] = 0
    (flip,) = compared(exported).flips
    assert (flip.photo, flip.label, flip.model, flip.exported) == ("b", "4 × ant", "4 × ant", "no object")


def test_leads_are_distances_from_the_threshold() -> None:
    outputs = OUTPUTS.copy()
    maps_of(outputs).peaks[:] = np.array([0.9, 0.5, 0.1, 0.41]).reshape(4, 1, 1)
    np.testing.assert_allclose(leads(outputs, CLASSES, SETTLED), [0.5, 0.1, 0.3, 0.01], atol=1e-6)


def test_what_is_no_number_is_refused() -> None:
    exported = OUTPUTS.copy()
    exported[0, 0, 0] = np.nan
    with pytest.raises(ExportError, match="NaN or infinity"):
        compared(exported)
