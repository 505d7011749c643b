"""Views of a photo: as it is, mirrored, varied by its content; on every backend the same way each time."""

import numpy as np
import pytest

from tltool.models.augmentation import PRESETS
from tltool.models.views import PLAIN, View, plan_views, vary

SMOOTH = np.stack(np.broadcast_arrays(*np.meshgrid(np.linspace(40, 200, 32), np.linspace(60, 180, 32)), 128.0), axis=-1)
PHOTOS = np.stack([SMOOTH, SMOOTH[::-1], SMOOTH[:, ::-1]]).astype("float32")
CONTENTS = ["a", "b", "c"]


def only(**amounts: float) -> View:
    return View(amounts=tuple(amounts.items()), number=1)


def test_views_are_the_photo_then_its_mirror_image_then_varied_ones() -> None:
    assert plan_views(1, "standard") == plan_views(1, "none") == plan_views(5, "none") == [PLAIN]
    views = plan_views(4, "standard", seed=7)
    assert views[:2] == [PLAIN, View(mirrored=True)] and len(views) == 4 and len(set(views)) == 4
    assert all(dict(view.amounts) == PRESETS["standard"] and view.seed == 7 for view in views[2:])


def test_what_may_not_flip_has_no_mirrored_view() -> None:
    views = plan_views(4, "standard", flip=False)
    assert len(views) == 4 and not any(view.mirrored or "flip" in dict(view.amounts) for view in views)


def test_the_plain_view_changes_nothing_and_the_mirrored_one_mirrors() -> None:
    assert np.array_equal(vary(PHOTOS, PLAIN, CONTENTS), PHOTOS)
    assert np.array_equal(vary(PHOTOS, View(mirrored=True), CONTENTS), PHOTOS[:, :, ::-1])


@pytest.mark.parametrize("augment", ["light", "standard"])
def test_a_photo_varies_by_its_content_alone(augment: str) -> None:
    view = plan_views(3, augment)[2]
    together, alone = vary(PHOTOS, view, CONTENTS), vary(PHOTOS[1:2], view, CONTENTS[1:2])
    assert together.dtype == np.float32 and together.shape == PHOTOS.shape and together.min() >= 0 and together.max() <= 255
    assert np.array_equal(together[1:2], alone)
    assert not np.array_equal(together[1:2], vary(PHOTOS[1:2], view, ["d"]))
    for other in (view._replace(seed=1), view._replace(number=9)):
        assert not np.array_equal(together, vary(PHOTOS, other, CONTENTS))


def test_every_amount_of_every_preset_is_known() -> None:
    known = {"flip", "shift", "rotation", "zoom", "brightness", "contrast"}
    assert {name for preset in PRESETS.values() for name in preset} <= known
    for name in known - {"flip"}:
        assert not np.allclose(vary(PHOTOS, only(**{name: 50.0}), CONTENTS), PHOTOS, atol=1), name


def test_without_amounts_the_warp_is_the_photo_itself() -> None:
    np.testing.assert_allclose(vary(PHOTOS, only(shift=0.0), CONTENTS), PHOTOS, atol=1e-3)


def test_a_flip_drawn_is_the_mirror_image() -> None:
    found = [vary(PHOTOS[:1], only(flip=1.0), [str(i)]) for i in range(20)]
    mirrored = [np.allclose(photo, PHOTOS[:1, :, ::-1], atol=1e-2) for photo in found]
    plain = [np.allclose(photo, PHOTOS[:1], atol=1e-2) for photo in found]
    assert all(a != b for a, b in zip(mirrored, plain)) and 4 <= sum(mirrored) <= 16


def test_amounts_stay_within_their_limits() -> None:
    contents = [str(i) for i in range(200)]
    photos = np.repeat(PHOTOS[:1], 200, axis=0)
    brightness = (vary(photos, only(brightness=10.0), contents) - photos).mean(axis=(1, 2, 3))
    assert 0.9 * 25.5 < np.abs(brightness).max() <= 25.5 + 1e-3 and brightness.min() < 0 < brightness.max()
    slope = SMOOTH[0, 1, 0] - SMOOTH[0, 0, 0]  # grey levels per pixel to the right
    moved = (vary(photos, only(shift=5.0), contents) - photos)[:, 16, 16, 0] / slope
    assert 0.9 * 1.6 < np.abs(moved).max() <= 1.6 + 1e-3 and moved.min() < 0 < moved.max()


def test_a_turn_and_a_zoom_keep_the_centre() -> None:
    odd = PHOTOS[:, :31, :31]
    for amounts in ({"rotation": 15.0}, {"zoom": 15.0}, {"rotation": 180.0, "zoom": 50.0}):
        np.testing.assert_allclose(vary(odd, only(**amounts), CONTENTS)[:, 15, 15], odd[:, 15, 15], atol=1e-2)
