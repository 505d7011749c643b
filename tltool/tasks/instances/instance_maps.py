"""Which object every pixel of a photo belongs to."""

import numpy as np

from tltool.data.annotations.layers import layers
from tltool.data.annotations.truths import Truth

GROUND, BEYOND = 0, 65535  # of no object; not known, as beyond the photo


def instance_map(truth: Truth) -> np.ndarray:
    """The place + 1 of the object that each pixel is of, uint16 [height, width], ``GROUND`` where there is none; of several
    the one on top, see ``layers``."""
    ids = np.full((truth.height, truth.width), GROUND, np.uint16)
    for place, pixels in layers(truth):
        ids[pixels] = place + 1
    return ids
