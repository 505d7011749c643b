"""Views of a photo: as it is, mirrored, varied by its content; on every backend the same way each time."""

import numpy as np
import pytest

from tltool.models.augmentation import PRESETS
from tltool.models.views import PLAIN, View, plan_views, see

SMOOTH = np.stack(np.broadcast_arrays(*np.meshgrid(np.linspace(40, 200, 32), np.linspace(60, 180, 32)), 128.0), axis=-1)
PHOTOS = np.stack([SMOOTH, SMOOTH[::-1], SMOOTH[:, ::-1]]).round().astype("uint8")
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
    assert np.array_equal(see(PHOTOS, PLAIN, CONTENTS), PHOTOS)
    assert np.array_equal(see(PHOTOS, View(mirrored=True), CONTENTS), PHOTOS[:, :, ::-1])


@pytest.mark.parametrize("augment", ["light", "standard"])
def test_a_photo_varies_by_its_content_alone(augment: str) -> None:
    view = plan_views(3, augment)[2]
    together, alone = see(PHOTOS, view, CONTENTS), see(PHOTOS[1:2], view, CONTENTS[1:2])
    assert together.dtype == np.float32 and together.shape == PHOTOS.shape and together.min() >= 0 and together.max() <= 255
    assert np.array_equal(together[1:2], alone)
    assert not np.array_equal(together[1:2], see(PHOTOS[1:2], view, ["d"]))
    for other in (view._replace(seed=1), view._replace(number=9)):
        assert not np.array_equal(together, see(PHOTOS, other, CONTENTS))


def test_every_amount_of_every_preset_is_known() -> None:
    known = {"flip", "shift", "rotation", "zoom", "brightness", "contrast"}
    assert {name for preset in PRESETS.values() for name in preset} <= known
    for name in known - {"flip"}:
        assert not np.allclose(see(PHOTOS, only(**{name: 50.0}), CONTENTS), PHOTOS, atol=1), name
