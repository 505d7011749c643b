"""The objects of a photo one on top of the other, where each of its pixels can be of one object only."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from tltool.data.annotations.truths import Box, Truth


def layers(truth: Truth) -> Iterator[tuple[int, Any]]:
    """The place of every object and what picks its pixels out of the photo, from the bottom up: what has a smaller box lies on top, and an
    object without a mask, such as a crowd, at the bottom with its whole box."""
    masked = [instance.mask is not None for instance in truth.instances]
    for place in sorted(range(len(masked)), key=lambda place: (masked[place], -truth.boxes[place].area)):
        mask = truth.mask(place)
        yield place, within(truth.boxes[place], truth) if mask is None else mask != 0


def within(box: Box, truth: Truth) -> tuple[slice, slice]:
    """The pixels of the photo that a box touches."""
    left, right = np.clip((np.floor(box.left), np.ceil(box.right)), 0, truth.width).astype(int).tolist()
    top, bottom = np.clip((np.floor(box.top), np.ceil(box.bottom)), 0, truth.height).astype(int).tolist()
    return slice(top, bottom), slice(left, right)
