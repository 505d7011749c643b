"""How training photos vary: by how much, which way, and never outside training."""

import zipfile

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tltool.models.assembly import assemble
from tltool.models.augmentation import BORDER, PRESETS, amounts_of, draw, trainer_of, vary
from tltool.models.head import logits_of
from tltool.models.saving.store import save_model
from tltool.models.stack.conv_stack import build_stack
from tltool.specs import ConvStack, Head

SIDE, COPIES = 64, 64
CONTENTS = [f"{i:064x}" for i in range(COPIES)]


def glyph() -> np.ndarray:
    """A white F on black, which no flip and no turn maps to itself: uint8 [64, 64, 3]."""
    photo = np.zeros((SIDE, SIDE, 3), "uint8")
    photo[12:52, 20:28] = photo[12:20, 20:46] = photo[28:36, 20:40] = 255
    return photo


def bar() -> np.ndarray:
    photo = np.zeros((SIDE, SIDE, 3), "uint8")
    photo[8:56, 30:34] = 255
    return photo


def varied(photo: np.ndarray, **amounts: float) -> np.ndarray:
    """What those amounts make of many copies of a photo: [64, side, side, 3]."""
    copies = np.stack([photo] * COPIES)
    return vary(copies, draw(amounts, len(photo), CONTENTS, 7, 0))


def tilt(photo: np.ndarray) -> float:
    """Angle of the brightness's main axis to the vertical, in degrees."""
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    weight = (photo[..., 0] > 180).astype(float)
    return float(np.degrees(0.5 * np.arctan2(2 * (weight * x * y).sum(), (weight * (y * y - x * x)).sum())))


def centre(photo: np.ndarray) -> np.ndarray:
    """Of what is white, in pixels: (y, x)."""
    return np.argwhere(photo[..., 0] > 180).mean(axis=0)


def classifier() -> keras.Model:
    return assemble(build_stack(ConvStack(filters=(4,)), (16, 16, 3), 0), Head(dropout=0), ["a", "b"], 0)


def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3)).astype("float32")


def test_flipping_can_be_forbidden_alone() -> None:
    assert amounts_of("standard", flip=False) == {name: limit for name, limit in PRESETS["standard"].items() if name != "flip"}
    assert "flip" in amounts_of("standard")


def test_what_may_not_flip_never_does() -> None:
    assert (draw(amounts_of("standard", flip=False), SIDE, CONTENTS, 1).matrices[:, 0, 0] > 0).all()
    assert (draw(amounts_of("standard"), SIDE, CONTENTS, 1).matrices[:, 0, 0] < 0).any()


def test_without_amounts_every_pixel_stays_as_it_is() -> None:
    photos = np.random.default_rng(0).integers(0, 256, (3, 17, 17, 3)).astype("uint8")
    np.testing.assert_array_equal(vary(photos, draw({}, 17, CONTENTS[:3], 0)), photos)


@settings(max_examples=20, deadline=None)
@given(key=st.lists(st.integers(0, 2**32), max_size=3), place=st.integers(0, COPIES - 1))
def test_a_draw_depends_on_its_key_and_the_photo_s_content_alone(key: list[int], place: int) -> None:
    amounts = amounts_of("standard")
    together, alone = draw(amounts, SIDE, CONTENTS, *key), draw(amounts, SIDE, CONTENTS[place : place + 1], *key)
    assert all(np.array_equal(one[place], other[0]) for one, other in zip(together, alone, strict=True))
    assert len(np.unique(together.matrices[:, 0, 2])) == COPIES
    assert not np.array_equal(alone.matrices, draw(amounts, SIDE, CONTENTS[place : place + 1], *key, 1).matrices)


def test_a_place_in_the_varied_photo_shows_what_its_matrix_says() -> None:
    y, x = np.mgrid[:SIDE, :SIDE]
    photo = np.stack([x * 4, y * 4, np.zeros_like(x)], axis=-1).astype("uint8")  # every place says where it is
    drawn = draw(amounts_of("standard") | {"brightness": 0, "contrast": 0}, SIDE, CONTENTS, 3)
    for found, matrix in zip(vary(np.stack([photo] * COPIES), drawn), drawn.matrices, strict=True):
        came_from = matrix @ [20.5, 30.5, 1]  # the middle of a pixel
        np.testing.assert_allclose(found[30, 20, :2] / 4 + 0.5, came_from, atol=0.4)


def test_turns_go_both_ways_and_stay_within_15_degrees() -> None:
    angles = [tilt(photo) for photo in varied(bar(), rotation=15)]
    assert max(map(abs, angles)) < 15.5
    assert min(angles) < -10 and max(angles) > 10


def test_flips_mirror_left_and_right_half_of_the_time_and_never_up_and_down() -> None:
    photo = glyph()
    flipped, kept = ([np.array_equal(found, as_is) for found in varied(photo, flip=1)] for as_is in (photo[:, ::-1], photo))
    assert all(a != b for a, b in zip(flipped, kept, strict=True))
    assert COPIES / 4 < sum(flipped) < COPIES * 3 / 4


def test_shifts_stay_within_five_percent_each_way() -> None:
    shifts = np.array([centre(photo) - centre(glyph()) for photo in varied(glyph(), shift=5)]) / SIDE
    assert np.abs(shifts).max() <= 0.055
    assert (shifts.min(axis=0) < -0.03).all() and (shifts.max(axis=0) > 0.03).all()


def test_zooms_stay_within_fifteen_percent_and_keep_the_centre() -> None:
    found = varied(bar(), zoom=15)
    heights = (found[:, :, SIDE // 2, 0] > 180).sum(axis=1) / 48
    assert 0.84 < heights.min() < 0.93 and 1.08 < heights.max() < 1.2
    assert max(np.abs(centre(photo) - centre(bar())).max() for photo in found) < 1


def test_what_lies_beyond_the_photo_is_grey() -> None:
    white = np.full((SIDE, SIDE, 3), 255, "uint8")
    assert {tuple(colour) for photo in varied(white, rotation=15) for colour in photo[0, [0, -1]]} <= {BORDER, (255, 255, 255)}
    assert (varied(white, rotation=15)[:, 0, 0] == BORDER).any()


def test_brightness_stays_within_ten_percent_of_the_range() -> None:
    change = varied(np.full((SIDE, SIDE, 3), 100, "uint8"), brightness=10)[:, 0, 0, 0] - 100
    assert np.abs(change).max() <= 25.6 and change.min() < -15 and change.max() > 15


def test_contrast_stays_within_ten_percent() -> None:
    halves = np.full((SIDE, SIDE, 3), 100, "uint8")
    halves[:, SIDE // 2 :] = 150
    found = varied(halves, contrast=10)
    spread = (found[:, 0, -1, 0] - found[:, 0, 0, 0]) / 50
    assert 0.899 <= spread.min() < 0.95 and 1.05 < spread.max() <= 1.101


@pytest.mark.parametrize("augment", PRESETS)
def test_pixels_stay_pixels(augment: str) -> None:
    found = vary(noise().astype("uint8"), draw(amounts_of(augment), 16, CONTENTS[:4], 0))
    assert (found.shape, found.dtype) == ((4, 16, 16, 3), np.float32) and found.min() >= 0 and found.max() <= 255


def test_a_model_that_is_trained_holds_no_augmentation_and_neither_does_its_file(tmp_path) -> None:
    model = classifier()
    trainer = trainer_of(model)
    save_model(model, tmp_path / "model.keras")
    assert "Random" not in zipfile.ZipFile(tmp_path / "model.keras").read("config.json").decode()
    assert [type(layer).__name__ for layer in trainer.layers] == ["InputLayer", "Functional"]
    np.testing.assert_allclose(trainer.predict_on_batch(noise()), logits_of(model).predict_on_batch(noise()), atol=1e-6)


def test_the_trainer_shares_its_weights_with_the_model() -> None:
    model = classifier()
    assert {id(weight) for weight in model.weights} <= {id(weight) for weight in trainer_of(model).weights}
