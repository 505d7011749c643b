"""What is to be beaten: the connected pieces of all masks of a class together, which make one object of those that touch."""

from collections.abc import Iterator, Sequence

import numpy as np

from tltool.data.annotations.masks import encode_within
from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.tasks.detect.decoding import MOST


def components(answer: Truth, classes: Sequence[str]) -> Truth:
    """The pieces (neighbours by a side) of the pixels that ``answer`` gives to each class; each scores as the highest of its objects. Of a
    class there are at most ``MOST``, or as many as there are objects where these are more."""
    most = max(MOST, len(answer.instances))
    pieces = (sorted(_pieces(answer, name), key=lambda piece: -piece.box.score)[:most] for name in classes)
    return Truth(answer.width, answer.height, tuple(piece for its in pieces for piece in its))


def _pieces(answer: Truth, name: str) -> Iterator[Instance]:
    from scipy.ndimage import find_objects, label  # slow to load

    scores = np.zeros((answer.height, answer.width))
    for place in sorted(range(len(answer.instances)), key=lambda place: answer.boxes[place].score):
        mask = answer.mask(place)
        if answer.boxes[place].label == name and mask is not None:
            scores[mask != 0] = answer.boxes[place].score
    numbers, _ = label(scores > 0)
    for number, (rows, columns) in enumerate(find_objects(numbers), start=1):
        mask = numbers[rows, columns] == number
        box = Box.of(
            name, [*map(float, (columns.start, rows.start, columns.stop, rows.stop))], score=float(scores[rows, columns][mask].max())
        )
        yield Instance(box, encode_within(mask, (columns.start, rows.start), answer.width, answer.height))
