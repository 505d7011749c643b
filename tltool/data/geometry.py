"""Where a place of a photo lies in the square that the model sees, and back: points, boxes and masks follow the pixels.

Coordinates are (x, y) in pixels from the top left corner, so that pixel i covers i…i + 1 and its middle is i + 0.5.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from PIL import Image

IGNORED = 255  # in a mask: what lies beyond the photo, and counts for nothing

# EXIF orientation → (x, y, 1) of the stored photo, in units of its width and height, → the upright one
TURNS = {
    1: ((1, 0, 0), (0, 1, 0)),
    2: ((-1, 0, 1), (0, 1, 0)),
    3: ((-1, 0, 1), (0, -1, 1)),
    4: ((1, 0, 0), (0, -1, 1)),
    5: ((0, 1, 0), (1, 0, 0)),
    6: ((0, -1, 1), (1, 0, 0)),
    7: ((0, -1, 1), (-1, 0, 1)),
    8: ((0, 1, 0), (-1, 0, 1)),
}


@dataclass(frozen=True, eq=False)
class Placement:
    """An affine map between two pictures: ``matrix`` float64 [2, 3] takes (x, y, 1) of the first to (x, y) of the second."""

    matrix: np.ndarray

    def then(self, after: "Placement | np.ndarray") -> Self:
        """First this one, then ``after``."""
        matrix = after.matrix if isinstance(after, Placement) else after
        return type(self)((_square(matrix) @ _square(self.matrix))[:2])

    def inverse(self) -> Self:
        """From the second picture to the first."""
        return type(self)(np.linalg.inv(_square(self.matrix))[:2])

    def points(self, points: np.ndarray) -> np.ndarray:
        """(x, y) [n, 2] of the first picture → float64 [n, 2] in the second; NaN, for a point that is not there, stays."""
        return np.asarray(points, float).reshape(-1, 2) @ self.matrix[:, :2].T + self.matrix[:, 2]

    def boxes(self, boxes: np.ndarray) -> np.ndarray:
        """(left, top, right, bottom) [n, 4] → the upright boxes around where they come to lie, float64 [n, 4]."""
        left, top, right, bottom = np.asarray(boxes, float).reshape(-1, 4).T
        corners = np.stack([left, top, right, top, right, bottom, left, bottom], axis=1).reshape(-1, 2)
        moved = self.points(corners).reshape(-1, 4, 2)
        return np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1)

    def mask(self, mask: np.ndarray, size: tuple[int, int], beyond: int = IGNORED) -> np.ndarray:
        """A mask uint8 or uint16 [height, width] of the first picture → [size[1], size[0]] of the second: each pixel takes the value under
        its middle, and ``beyond`` where there is none."""
        back = tuple(self.inverse().matrix.ravel())
        moved = Image.fromarray(mask).transform(size, Image.Transform.AFFINE, back, Image.Resampling.NEAREST, fillcolor=beyond)
        return np.array(moved)


class Frame(NamedTuple):
    """An upright photo of ``width`` × ``height`` pixels, and the square of side ``size`` that the decoder makes of it by ``fit``."""

    width: int
    height: int
    size: int
    fit: str

    @property
    def placement(self) -> Placement:
        """From the photo to the square."""
        return place((self.width, self.height), self.size, self.fit)


def place(shape: tuple[int, int], size: int, fit: str, orientation: int = 1) -> Placement:
    """Where a photo comes to lie in the square of side ``size`` that the decoder makes of it.

    Args:
        shape: (width, height) of the photo as it is stored.
        fit: ``crop`` (shorter side to ``size``, then the centre), ``pad`` (longer side, borders) or ``stretch``.
        orientation: EXIF's, 1…8, of a photo whose labels are of the stored picture; 1 where they are of the upright one.
    """
    upright = turn(shape, orientation)
    width, height = shape[::-1] if orientation >= 5 else shape
    if fit == "stretch":
        scale = np.array([size / width, size / height])
    else:
        scale = np.full(2, size / (min if fit == "crop" else max)(width, height))
    middle = size / 2 - scale * (width / 2, height / 2)
    return upright.then(np.array([[scale[0], 0, middle[0]], [0, scale[1], middle[1]]]))


def turn(stored: tuple[int, int], orientation: int) -> Placement:
    """From places of the stored picture, of that (width, height), to those of the upright photo; ``orientation`` is EXIF's, 1…8."""
    (a, b, x), (c, d, y) = TURNS[orientation]
    width, height = stored[::-1] if orientation >= 5 else stored  # of the upright photo
    return Placement(np.array([[a, b, x * width], [c, d, y * height]], float))


def _square(matrix: np.ndarray) -> np.ndarray:
    return np.vstack([matrix, [0, 0, 1]])
