"""Objects one on top of the other."""

import numpy as np

from tltool.data.annotations.layers import layers
from tltool.data.annotations.masks import encode
from tltool.data.annotations.truths import Box, Instance, Truth


def outlined(left: int, top: int, right: int, bottom: int) -> Instance:
    mask = np.zeros((10, 20), np.uint8)
    mask[top:bottom, left:right] = 1
    return Instance(Box("a", left, top, right, bottom), encode(mask))


def test_what_is_small_lies_on_top_and_what_nobody_outlined_at_the_bottom_with_its_box() -> None:
    small, large, bare = outlined(1, 1, 3, 3), outlined(0, 0, 9, 9), Instance(Box("a", 1.5, -4, 4.2, 2))
    picked = dict(layers(Truth(20, 10, (small, large, bare))))
    assert [*picked] == [2, 1, 0]
    assert picked[2] == (slice(0, 2), slice(1, 5)), "the pixels that the box touches, within the photo"
    assert picked[0].sum() == 4 and picked[1].sum() == 81
