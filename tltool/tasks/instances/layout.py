"""The four maps that a model gives, side by side in one tensor [..., cells, 2 · classes + 7], cells row by row."""

from typing import Any, NamedTuple

BESIDE = 7  # channels that are there for any number of classes: of the box, of the ground, of the offset


class Maps(NamedTuple):
    """Parts of such a tensor.

    Attributes:
        boxes: as those of ``tasks.detect``, [..., cells, 4].
        peaks: how sure a cell is that an object of a class has its centre there, [..., cells, classes].
        areas: of which class a cell is, the last one of none, [..., cells, classes + 1].
        offsets: (x, y) from the middle of a cell to the centre of the object that it is part of, in shares of the square's side,
            [..., cells, 2].
    """

    boxes: Any
    peaks: Any
    areas: Any
    offsets: Any


def maps_of(outputs: Any) -> Maps:
    """``outputs`` apart."""
    classes = classes_in(outputs.shape[-1])
    return Maps(outputs[..., :4], outputs[..., 4 : 4 + classes], outputs[..., 4 + classes : -2], outputs[..., -2:])


def classes_in(channels: int) -> int:
    """Of how many classes so many channels are."""
    return (channels - BESIDE) // 2
