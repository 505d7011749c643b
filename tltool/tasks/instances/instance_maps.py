"""Which object every pixel of a photo belongs to."""

import numpy as np

from tltool.data.annotations.truths import Box, Truth

GROUND, BEYOND = 0, 65535  # of no object; not known, as beyond the photo


def instance_map(truth: Truth) -> np.ndarray:
    """The place + 1 of the object that each pixel is of, uint16 [height, width], ``GROUND`` where there is none. What has a smaller box
    lies on top, and an object without a mask, such as a crowd, at the bottom with its whole box."""
    ids = np.full((truth.height, truth.width), GROUND, np.uint16)
    masked = [instance.mask is not None for instance in truth.instances]
    for place in sorted(range(len(masked)), key=lambda place: (masked[place], -truth.boxes[place].area)):
        mask = truth.mask(place)
        if mask is None:
            ids[within(truth.boxes[place], truth)] = place + 1
        else:
            ids[mask != 0] = place + 1
    return ids


def within(box: Box, truth: Truth) -> tuple[slice, slice]:
    """The pixels of the photo that a box touches."""
    left, right = np.clip((np.floor(box.left), np.ceil(box.right)), 0, truth.width).astype(int).tolist()
    top, bottom = np.clip((np.floor(box.top), np.ceil(box.bottom)), 0, truth.height).astype(int).tolist()
    return slice(top, bottom), slice(left, right)
