"""The sheet of augmented photos shows what the training sees: within the preset's limits, and nothing varied where nothing varies."""

from pathlib import Path

import numpy as np
import pandas
import pytest

from tltool.data.samples import Samples
from tltool.figures.augmented import VARIED, draw_augmentation, vary_photos
from tltool.figures.style import is_drawing
from tltool.specs import Head, Training
from tltool.training.phases import Phase, plan_phases

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 24, 24, 3), "uint8")
PHOTOS = PIXELS[:3]


def samples() -> Samples:
    return Samples(
        pandas.DataFrame(
            {
                "path": [f"{i}.jpg" for i in range(12)],
                "sha256": [str(i) for i in range(12)],
                "label": ["a", "$b_{", "c"] * 4,
                "group": "",
                "split": ["train"] * 9 + ["test"] * 3,
            }
        ),
        ["$b_{", "a", "c"],
    )


def phase(augment: str, views: int = 1, unfreeze: str = "all") -> tuple[Phase, Training]:
    training = Training(augment=augment, views=views, epochs=1, learning_rate=0.1)
    return plan_phases(training, Head(), unfreeze, True)[-1], training


def test_the_preset_none_leaves_every_pixel_as_it_is() -> None:
    variants = vary_photos(PHOTOS, ["a", "b", "c"], *phase("none"))
    assert len(variants) == VARIED and all(np.array_equal(varied, PHOTOS) for varied in variants)


@pytest.mark.parametrize("wish", [phase("light"), phase("standard"), phase("standard", views=4, unfreeze="none")])
def test_other_presets_vary_each_photo_each_time_anew_within_0_and_255(wish: tuple[Phase, Training]) -> None:
    variants = vary_photos(PHOTOS, ["a", "b", "c"], *wish)
    assert len({varied.tobytes() for varied in [PHOTOS, *variants]}) == len(variants) + 1
    assert all(varied.shape == PHOTOS.shape and varied.min() >= 0 and varied.max() <= 255 for varied in variants)


def test_a_head_without_views_sees_the_photos_as_they_are() -> None:
    assert vary_photos(PHOTOS, ["a", "b", "c"], *phase("standard", unfreeze="none")) == []


def test_the_sheet_shows_training_photos_of_every_class_and_no_others(tmp_path: Path) -> None:
    asked: list[int] = []

    class Watched:
        def __getitem__(self, rows: list[int]) -> np.ndarray:
            asked.extend(rows)
            return PIXELS[rows]

    wish, training = phase("standard")
    draw_augmentation(Watched(), samples(), [wish], training, tmp_path / "sheet.png")
    assert is_drawing(tmp_path / "sheet.png") and max(asked) < 9
    assert {samples().table["label"][row] for row in asked} == {"a", "$b_{", "c"}
