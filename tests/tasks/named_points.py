"""Photos whose points are known, and answers to them."""

from collections.abc import Sequence

import numpy as np

from tltool.data.annotations.cells import write
from tltool.data.annotations.truths import Truth
from tltool.tasks.landmarks import labels
from tltool.tasks.landmarks.points import coordinates, truth_of
from tltool.tasks.landmarks.targets import SIGMA

NAMES = ["snout", "leftear", "rightear", "tailbase"]
SIDE = 16  # cells of a map
SHAPE = np.array([[0.5, 0.2], [0.4, 0.35], [0.6, 0.35], [0.5, 0.8]])


def truths_of(n: int = 12, size: tuple[int, int] = (640, 480), seed: int = 0, names: Sequence[str] = NAMES) -> np.ndarray:
    """``n`` photos in each of which the shape is somewhere else, smaller and bent; encoded."""
    generator = np.random.default_rng(seed)
    shapes = (SHAPE - 0.5) * generator.uniform(0.3, 0.6, (n, 1, 1)) + generator.uniform(0.35, 0.65, (n, 1, 2))
    shapes += generator.normal(0, 0.01, shapes.shape)
    return labels.encode([write(truth_of(size, shape * size, names)) for shape in shapes], names)


def outputs_of(truths: Sequence[Truth], side: int, fit: str, sure: float = 0.9) -> np.ndarray:
    """What a model gives that finds every point, float32 [n, k, 3]; a point that is not marked is in the corner."""
    frames = labels.frames(np.array(truths, object), side, fit)
    places = [frame.placement.points(points) / side for frame, points in zip(frames, coordinates(truths, NAMES), strict=True)]
    return np.concatenate([np.nan_to_num(places), np.full((len(truths), len(NAMES), 1), sure)], axis=2).astype("float32")


def without(truth: Truth, *names: str) -> Truth:
    """``truth`` in which the points called ``names`` are not marked."""
    kept = [name for name in NAMES if name not in names]
    return truth_of((truth.width, truth.height), coordinates([truth], kept)[0], kept)


def scores_at(points: np.ndarray, sigma: float = SIGMA) -> np.ndarray:
    """The logarithm of Gaussians [b, SIDE, SIDE, k] around (x, y) [b, k, 2]."""
    centres = np.arange(SIDE) + 0.5
    across = (centres[:, None] - points[:, None, :, 0]) ** 2
    down = (centres[:, None] - points[:, None, :, 1]) ** 2
    return (-(across[:, None] + down[:, :, None]) / (2 * sigma**2)).astype("float32")
