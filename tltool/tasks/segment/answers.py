"""The most probable class of every pixel of the photo is the answer."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from tltool.data.annotations.cells import parse, write
from tltool.data.annotations.truths import Truth
from tltool.data.geometry import IGNORED, Frame, Placement
from tltool.task import Choice
from tltool.tasks.segment.class_maps import counted, paint, pixels_of, truth_of
from tltool.threads import in_order

if TYPE_CHECKING:
    import pandas

SETTLES = True
TILED = False
NOTHING = "nothing"
MEASURE = "share of the photo"
PLACE = ()
GUESS = "guess"  # in what is settled: the share of the training pixels that each class has
AHEAD = 4  # class maps of photos that are made before they are asked for
BAND = 1 << 22  # pixels of a photo that are looked at together: they take 16 bytes each


def said(probabilities: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any], frames: Sequence[Frame] = ()) -> list[str]:
    """Of probabilities [n, h, w, classes], the regions of each photo as a cell: an instance for every class that occurs, with the box
    around its pixels and their mask, in pixels of the photo. Of what the model has not seen, as beyond a crop, nothing is said."""
    return [write(truth_of(found, classes)) for found in said_maps(probabilities, frames)]


def said_maps(probabilities: np.ndarray, frames: Sequence[Frame]) -> Iterator[np.ndarray]:
    """The class map of each photo, uint8 [height, width]."""
    return in_order(lambda case: said_map(*case), zip(probabilities, frames, strict=True), AHEAD)


def said_map(probabilities: np.ndarray, frame: Frame) -> np.ndarray:
    """Probabilities [h, w, classes] of the cells of the square → the most probable class of every pixel of the photo, between the middles
    of cells by bilinear interpolation; ``IGNORED`` beyond the square."""
    height, width, classes = probabilities.shape
    cells = np.array([[width / frame.size, 0, 0], [0, height / frame.size, 0]])
    to_cells = frame.placement.then(cells)
    # a class that is nowhere above 1 / classes cannot win: in every place another one is
    maps = {
        i: Image.fromarray(probabilities[..., i].astype(np.float32)) for i in range(classes) if probabilities[..., i].max() * classes >= 1
    }
    found = np.empty((frame.height, frame.width), np.uint8)
    rows = max(1, BAND // frame.width)
    for top in range(0, frame.height, rows):
        found[top : top + rows] = _winners(maps, to_cells, top, (frame.width, min(rows, frame.height - top)))
    return found


def columns(probabilities: np.ndarray, classes: Sequence[str]) -> dict[str, np.ndarray]:
    """None: what is said holds all of it."""
    return {}


def read(predictions: "pandas.DataFrame", classes: Sequence[str]) -> list[Truth]:
    """What was said of each photo.

    Raises:
        DataError: a cell that tltool did not write.
    """
    return [parse(cell) for cell in predictions["predicted"]]


def shown(answer: Truth, settled: Mapping[str, Any]) -> Truth:
    """All regions."""
    return answer


def choose(cell: str, probabilities: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any], top: int | None) -> list[Choice]:
    """The classes that occur, or ``top`` of all, with their shares of the photo's pixels, the largest first."""
    truth = parse(cell)
    shares = counted(paint(truth, classes), len(classes)) / (truth.width * truth.height)
    order = np.argsort(-shares, kind="stable")
    return [Choice(classes[i], float(shares[i])) for i in (order[shares[order] > 0] if top is None else order[:top])]


def record(cell: str, chosen: Sequence[Choice]) -> dict[str, Any]:
    """``size``, width and height of the photo; ``regions``, each a class with its box and its mask as COCO's run lengths; and the shares
    of those that are shown."""
    fields = json.loads(cell)
    return {
        "size": fields["size"],
        "regions": fields.get("objects", []),
        "top": [{"label": name, "share": round(share, 6)} for name, share, _ in chosen],
    }


def settle(answers: Sequence[Truth], labels: np.ndarray, classes: Sequence[str], learned: np.ndarray) -> dict[str, Any]:
    """``guess``: the share that every class has of the pixels of the training photos; who has not seen a photo names the largest."""
    shares = shares_of(learned, classes)
    return {GUESS: {name: round(float(share), 6) for name, share in zip(classes, shares, strict=True)}}


def shares_of(labels: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """The share that every class has of the pixels of these photos, float64 [classes]."""
    pixels = sum((pixels_of(truth, classes) for truth in labels), np.zeros(len(classes), np.int64))
    return pixels / max(1, pixels.sum())


def _winners(maps: Mapping[int, Image.Image], to_cells: Placement, top: int, size: tuple[int, int]) -> np.ndarray:
    """The class with the largest value in each pixel of a band of the photo that begins at the row ``top``; one map after the other, so
    that no more than two are held at the photo's size."""
    down = Placement(np.array([[1, 0, 0], [0, 1, top]], float))
    matrix = tuple(down.then(to_cells).matrix.ravel())
    best, winners = np.zeros(size[::-1], np.float32), np.full(size[::-1], IGNORED, np.uint8)
    for i, cells in maps.items():
        values = np.asarray(cells.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR, fillcolor=0))
        wins = values > best
        winners[wins] = i
        np.copyto(best, values, where=wins)
    return winners
