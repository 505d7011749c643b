"""Where a network looked: which places of a photo speak for a class and which against it.

Class activation maps (Zhou et al., "Learning deep features for discriminative localization", 2016) where the head is linear in the
feature map: then the map is no approximation, its sum with the bias is the class's score before the softmax. Where it has hidden layers on
such features, Grad-CAM (Selvaraju et al., "Grad-CAM: visual explanations from deep networks", 2017): the same with the steepness of the
score at this photo as weights (``slopes``); unlike there, what speaks against the class is kept. Elsewhere, as on a maximum of the map or
on a module that has none, occlusion (Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014): by how much the
score falls when a place is hidden, which takes some eighty times the computing.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import keras
import numpy as np

from tltool.inspection.examples import Example
from tltool.inspection.graph import outputs_of
from tltool.inspection.slopes import is_linear, slopes_of
from tltool.models.head import backbone_of
from tltool.progress import track

CLOSE = 1e-3  # of the largest number, for what is computed in another order
HIDDEN = 5  # the side of what is hidden, as a part of the photo's: 1/5
BATCH = 32
Method = Literal["cam", "grad-cam", "occlusion"]


class Saliency(NamedTuple):
    """What a class's score is made of.

    Attributes:
        name: of the class.
        score: the network's own, before the softmax or the sigmoid.
        heat: float32 over the photo: by ``cam`` and ``grad-cam`` [h, w] of the feature map, what each place adds to the score; by
            ``occlusion`` [size, size], by how much the score falls when what lies around a pixel is hidden, on average over what hides it.
        bias: what makes ``score`` with the sum of ``heat``: by ``cam`` it is added for every photo, by ``grad-cam`` it is what bends and
            biases of the hidden layers leave; by ``occlusion`` 0.
    """

    name: str
    score: float
    heat: np.ndarray
    bias: float
    method: Method


def weigh_evidence(model: keras.Model, examples: Sequence[Example]) -> list[list[Saliency]]:
    """For each of ``examples``, the evidence for the class it was taken for, and for its rival (``Exhibit.rival``)."""
    photos = np.stack([example.pixels for example in examples])
    features, scores = outputs_of(keras.Model(model.input, [model.get_layer("features").output, model.get_layer("logits").output]), photos)
    (maps,) = outputs_of(backbone_of(model), photos)
    method: Method = "cam" if is_linear(model) else "grad-cam"
    found = [
        _by_places(example, method, maps[i], features[i], scores[i], slopes_of(model, features[i])) for i, example in enumerate(examples)
    ]
    if all(found):
        return [pair for pair in found if pair]
    return [_by_occlusion(model, example, score) for example, score in zip(examples, scores, strict=True)]


def _score(scores: np.ndarray, number: int) -> float:
    """The score of class ``number`` among ``scores`` [k]; a lone one speaks for class 1 and, negated, for class 0."""
    return float(scores[number] if len(scores) > 1 else scores[0] * (2 * number - 1))


def _by_places(
    example: Example, method: Method, maps: np.ndarray, features: np.ndarray, scores: np.ndarray, slopes: np.ndarray | None
) -> list[Saliency] | None:
    """From a feature map [h, w, c], the features [d] made of it, and the ``slopes`` [d, k] of the ``scores`` [k] by these; None where the
    features are not made of places alike, or there is one place only."""
    if slopes is None or maps.ndim != 3 or maps.shape[0] * maps.shape[1] == 1 or len(features) not in (maps.shape[2], maps.size):
        return None
    pair = []
    for name in (example.said, example.rival):
        number = example.classes.index(name)
        weights, score = (slopes[:, number] if len(scores) > 1 else slopes[:, 0] * (2 * number - 1)), _score(scores, number)
        heat = _heat(maps, features, weights)
        if abs(heat.sum() - weights @ features) > CLOSE * max(1.0, float(np.abs(heat).sum())):
            return None
        pair.append(Saliency(name, score, heat, score - float(heat.sum()), method))
    return pair


def _heat(maps: np.ndarray, features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What each place of ``maps`` adds to ``weights @ features``. A head on the mean of the map gives each place its h·w-th part, one on
    the sum all of it, and one on the flattened map has weights of its own for every place."""
    if len(weights) == maps.size:
        return np.asarray((maps * weights.reshape(maps.shape)).sum(axis=-1))
    mean, places = maps.mean(axis=(0, 1)), maps.shape[0] * maps.shape[1]
    is_mean = np.abs(mean - features).max() <= np.abs(mean * places - features).max()
    return np.asarray(maps @ weights / (places if is_mean else 1))


def _by_occlusion(model: keras.Model, example: Example, scores: np.ndarray) -> list[Saliency]:
    """A square in the photo's mean colour is moved over it by half its side at a time."""
    size = example.pixels.shape[0]
    side = max(1, size // HIDDEN)
    starts = np.unique(np.linspace(0, size - side, 2 * HIDDEN - 1).round().astype(int))
    corners = [(int(row), int(column)) for row in starts for column in starts]
    hidden = np.concatenate(list(_scores_without(model, example.pixels, corners, side)))  # [places, k]
    return [_fallen(example, name, scores, hidden, corners, side) for name in (example.said, example.rival)]


def _scores_without(model: keras.Model, pixels: np.ndarray, corners: Sequence[tuple[int, int]], side: int) -> Iterator[np.ndarray]:
    scorer, colour = keras.Model(model.input, model.get_layer("logits").output), pixels.mean(axis=(0, 1))
    starts = range(0, len(corners), BATCH)
    for start in track(starts, "hiding places of a photo", len(starts), "batches"):
        photos = np.repeat(pixels[None].astype("float32"), len(corners[start : start + BATCH]), axis=0)
        for photo, (row, column) in zip(photos, corners[start : start + BATCH]):
            photo[row : row + side, column : column + side] = colour
        yield outputs_of(scorer, photos)[0]


def _fallen(example: Example, name: str, scores: np.ndarray, hidden: np.ndarray, corners: Sequence[tuple[int, int]], side: int) -> Saliency:
    number = example.classes.index(name)
    whole, size = _score(scores, number), example.pixels.shape[0]
    fall, covered = np.zeros((size, size), "float32"), np.zeros((size, size), "float32")
    for answer, (row, column) in zip(hidden, corners, strict=True):
        fall[row : row + side, column : column + side] += whole - _score(answer, number)
        covered[row : row + side, column : column + side] += 1
    return Saliency(name, whole, fall / covered, 0.0, "occlusion")
