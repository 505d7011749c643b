"""What a model gives for one photo → boxes with masks in the photo's own pixels; NumPy and Pillow only.

Every pixel of a class joins the nearest centre of that class, as seen from where it says that its own is (Cheng et al. 2020,
"Panoptic-DeepLab", arXiv 1911.10194). It does so in the photo's pixels, between the middles of cells by bilinear interpolation, and
only where it lies in the box around that centre or close to it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from tltool.data.annotations.masks import encode_within
from tltool.data.annotations.truths import Box, Instance
from tltool.data.geometry import Frame, Placement
from tltool.tasks.detect.boxes import suppressed
from tltool.tasks.detect.decoding import found
from tltool.tasks.instances.layout import classes_in, maps_of

JOINED = 0.1  # score of a centre that pixels may join
SAME = 0.6  # overlap of boxes of one class beyond which the lower one is left out
REACH = 0.25  # of the sides of a box, beyond which no pixel joins its centre


class Window(NamedTuple):
    """Pixels of the photo: left, top, width, height."""

    left: int
    top: int
    width: int
    height: int

    @property
    def where(self) -> tuple[slice, slice]:
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


class Fields(NamedTuple):
    """Maps of one photo as pictures, one value to a cell.

    Attributes:
        leads: of each class, by how much it is more probable than any other, also than none.
        shares: of each class, its probability.
        ways: x and y of the offsets.
    """

    leads: list[Image.Image]
    shares: list[Image.Image]
    ways: list[Image.Image]


def grouped(outputs: np.ndarray, classes: Sequence[str], frame: Frame) -> list[Instance]:
    """The objects of a photo from the highest score down, each with the box around its mask; its score is that of its centre, times the
    mean probability of its class in its pixels.

    Args:
        outputs: [cells, 2 · classes + 7], see ``layout``.
        frame: where the photo lies in the square.
    """
    centres = suppressed(found(outputs[:, : 4 + classes_in(outputs.shape[-1])], classes, frame, lowest=JOINED), SAME)
    fields = _fields(outputs)
    windows = [_window(box, frame) for box in centres]
    owners = _owners(fields, centres, windows, classes, frame)
    masks = [owners[window.where] == place for place, window in enumerate(windows)]
    return sorted(
        (
            _instance(box, mask, window, _seen(fields.shares[classes.index(box.label)], window, frame), frame)
            for box, mask, window in zip(centres, masks, windows, strict=True)
            if mask.any()
        ),
        key=lambda instance: -instance.box.score,
    )


def _fields(outputs: np.ndarray) -> Fields:
    maps = maps_of(outputs)
    side = round(len(outputs) ** 0.5)
    shares = maps.areas.reshape(side, side, -1).astype(np.float32)
    ordered = np.sort(shares, axis=-1)
    best, second = ordered[..., -1:], ordered[..., -2:-1]
    leads = np.where(shares == best, shares - second, shares - best)
    ways = maps.offsets.reshape(side, side, 2).astype(np.float32)
    pictures = ([Image.fromarray(np.ascontiguousarray(layer)) for layer in np.moveaxis(stack, -1, 0)] for stack in (leads, shares, ways))
    return Fields(*pictures)


def _window(box: Box, frame: Frame) -> Window:
    wide, high = REACH * (box.right - box.left), REACH * (box.bottom - box.top)
    left, right = np.clip((np.floor(box.left - wide), np.ceil(box.right + wide)), 0, frame.width).astype(int).tolist()
    top, bottom = np.clip((np.floor(box.top - high), np.ceil(box.bottom + high)), 0, frame.height).astype(int).tolist()
    return Window(left, top, right - left, bottom - top)


def _owners(fields: Fields, centres: Sequence[Box], windows: Sequence[Window], classes: Sequence[str], frame: Frame) -> np.ndarray:
    """The place of the centre that each pixel of the photo joins, int16 [height, width]; −1 for none."""
    nearest = np.full((frame.height, frame.width), np.inf, np.float32)
    owners = np.full((frame.height, frame.width), -1, np.int16)
    for place, (box, window) in enumerate(zip(centres, windows, strict=True)):
        missed = _missed(fields.ways, box, window, frame)
        joins = (_seen(fields.leads[classes.index(box.label)], window, frame) > 0) & (missed < nearest[window.where])
        owners[window.where][joins] = place
        nearest[window.where][joins] = missed[joins]
    return owners


def _missed(ways: Sequence[Image.Image], box: Box, window: Window, frame: Frame) -> np.ndarray:
    """By how much the way from each pixel of the window misses the centre of the box, squared, in pixels of the photo."""
    scales = frame.size / frame.placement.matrix.diagonal()
    x, y = (_seen(way, window, frame) * scale for way, scale in zip(ways, scales, strict=True))
    across = window.left + np.arange(window.width) + 0.5 - (box.left + box.right) / 2
    down = window.top + np.arange(window.height) + 0.5 - (box.top + box.bottom) / 2
    return (x + across) ** 2 + (y + down[:, None]) ** 2


def _seen(field: Image.Image, window: Window, frame: Frame) -> np.ndarray:
    """A map in the pixels of a window, float32 [height, width]; 0 beyond the square."""
    share = field.width / frame.size
    from_window = Placement(np.array([[1, 0, window.left], [0, 1, window.top]], float))
    to_cells = from_window.then(frame.placement).then(np.array([[share, 0, 0], [0, share, 0]]))
    size, matrix = (window.width, window.height), tuple(to_cells.matrix.ravel())
    return np.asarray(field.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR, fillcolor=0))


def _instance(box: Box, mask: np.ndarray, window: Window, shares: np.ndarray, frame: Frame) -> Instance:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    corners = (window.left + columns[0], window.top + rows[0], window.left + columns[-1] + 1, window.top + rows[-1] + 1)
    around = Box.of(box.label, [*map(float, corners)], score=round(box.score * float(shares[mask].mean()), 6))
    return Instance(around, encode_within(mask, (window.left, window.top), frame.width, frame.height))
