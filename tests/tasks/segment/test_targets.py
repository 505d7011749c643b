"""Class maps on the square, varied as their photos are."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image
from regions import CLASSES, squares, truth_in, truths_in

from tltool.models.augmentation import draw, vary
from tltool.tasks import squares as squares_module
from tltool.tasks.segment.targets import targets_of

SIDE = 32


def test_without_variation_a_square_photo_has_its_own_classes(tmp_path: Path) -> None:
    maps = squares(3)
    found = targets_of(truths_in(tmp_path, maps), CLASSES, SIDE, "pad")(np.array([2, 0, 2]), None)
    assert found.dtype == np.float32 and np.array_equal(found, maps[[2, 0, 2]])
    assert targets_of(truths_in(tmp_path, maps), CLASSES, SIDE, "pad")(np.array([], int), None).shape == (0, SIDE, SIDE)


@pytest.mark.parametrize(("fit", "beyond"), [("pad", 16 * 32), ("crop", 0), ("stretch", 0)])
def test_what_is_beyond_the_photo_counts_for_nothing(fit: str, beyond: int, tmp_path: Path) -> None:
    truths = np.array([truth_in(tmp_path / "a.png", np.ones((20, 40), np.uint8))], object)
    (found,) = targets_of(truths, CLASSES, SIDE, fit)(np.array([0]), None)
    assert np.sum(found == 255) == beyond and np.sum(found == 1) == SIDE**2 - beyond


@settings(deadline=None, max_examples=25)
@given(key=st.integers(0, 999))
def test_a_class_map_moves_with_the_pixels_of_its_photo(key: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A photo in whose pixels the class can be read, varied: where no two classes meet, its pixels still say what the target says."""
    (found,) = squares(1, seed=key)
    photo = np.repeat(np.array([40, 200, 250], np.uint8)[found][..., None], 3, axis=-1)
    variation = draw({"flip": 1, "shift": 15, "rotation": 15, "zoom": 30}, SIDE, [str(key)], 0)
    truths = truths_in(tmp_path_factory.mktemp("masks"), found[None])
    (target,) = targets_of(truths, CLASSES, SIDE, "pad")(np.array([0]), variation.matrices)
    (varied,) = vary(photo[None], variation)[..., 0]
    levels = {40: 0, 200: 1, 250: 2, 114: 255}  # 114 is what lies beyond the photo
    pure = np.isin(varied, list(levels))
    said = np.vectorize(levels.get)(varied[pure])
    assert pure.mean() > 0.6 and np.mean(said == target[pure]) > 0.99


def test_a_mask_is_read_once_as_long_as_squares_may_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maps = squares(3)
    monkeypatch.setattr(squares_module, "MOST_BYTES", 2 * SIDE**2 + 1)
    found = targets_of(truths_in(tmp_path, maps), CLASSES, SIDE, "pad")
    for place in (0, 1, 2):
        found(np.array([place]), None)
    Image.fromarray(np.full((SIDE, SIDE), 2, np.uint8)).save(tmp_path / "0.png")
    Image.fromarray(np.full((SIDE, SIDE), 0, np.uint8)).save(tmp_path / "2.png")
    again = found(np.array([0, 1, 2]), None)
    assert np.array_equal(again[:2], maps[:2]) and not again[2].any()
