"""How far what a network sees in a photo lies from what it saw in photos that it learned from: noise, pages of text and other things that
belong to no class at all are far away, however sure the answer is.

It is the distance, between features of length 1, to the ``NEIGHBOURS``-th nearest training photo (Sun et al., "Out-of-distribution
detection with deep nearest neighbors", 2022). It tells what is of another kind altogether; things of a kind that is like the classes are
near, and for those the probability of the answer says more.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from tltool.atomic import draft
from tltool.data.rows import Rows
from tltool.data.samples import Samples
from tltool.errors import RunError
from tltool.models.head import features_of
from tltool.reading import open_regular
from tltool.runs import Run
from tltool.runs.files import FAMILIAR
from tltool.runs.forms import Novelty
from tltool.task import calibration_of
from tltool.training.features import extract_features

NEIGHBOURS = 5
MOST = 1000  # training photos that are kept to compare with
FEWEST = 20  # validation photos, or training photos, below which nothing is said
BEYOND = 0.01  # of photos like those for validation, about as many are called unlike
LARGEST = 1 << 30  # bytes of a file of features

UNLIKE = "unlike the training photos"


class Familiar(NamedTuple):
    """What is known: features float32 [m, d] of length 1 of training photos, and the distance from which on a photo is unlike them."""

    rows: np.ndarray
    limit: float

    def distances(self, features: np.ndarray) -> np.ndarray:
        """Of features [n, d], float64 [n], 0…2."""
        cosines = _of_length_one(features) @ self.rows.T
        nearest = np.partition(cosines, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS].astype(np.float64)
        return np.sqrt(np.maximum(2 - 2 * nearest, 0))


def get_to_know(model: keras.Model, pixels: Rows, samples: Samples, seed: int, deterministic: bool) -> tuple[Novelty, np.ndarray] | None:
    """What ``model`` sees in its training photos, a draw of ``MOST`` of them, float16 [m, d]; and how far validation photos lie from that.

    Args:
        pixels: rows as in ``samples``.

    Returns:
        None where the task, or so few photos, does not allow it.
    """
    train, held_out = samples.rows("train"), samples.rows("validation")
    if calibration_of(samples.task) is None or samples.kind != "photo" or min(len(train), len(held_out)) < FEWEST:
        return None
    drawn = np.sort(np.random.default_rng(seed).permutation(train)[:MOST])
    features = extract_features(features_of(model), pixels, np.concatenate([drawn, held_out]), deterministic=deterministic)
    rows = _of_length_one(features[: len(drawn)]).astype(np.float16)
    found = Familiar(rows.astype(np.float32), math.inf).distances(features[len(drawn) :])
    return Novelty(limit=_limit(found), n=len(held_out), neighbours=NEIGHBOURS), rows


def write_familiar(rows: np.ndarray, folder: Path) -> None:
    """``rows`` into the folder of a run.

    Raises:
        RunError: they cannot be written.
    """
    with draft(folder / FAMILIAR, RunError) as beside, beside.open("wb") as file:
        np.save(file, rows, allow_pickle=False)


def familiar_of(run: Run) -> Familiar | None:
    """What ``run`` knows of its training photos; None of a run of before, or of too few photos.

    Raises:
        RunError: the file is gone or damaged.
    """
    if (novelty := run.record.novelty) is None:
        return None
    file = run.path / FAMILIAR
    try:
        with open_regular(file, LARGEST):  # which waits for no pipe
            rows = np.array(np.load(file, mmap_mode="r", allow_pickle=False))  # mapped, so that no header asks for more than there is
    except (OSError, ValueError, EOFError) as error:
        raise RunError(f"A run must have its {FAMILIAR} as it wrote it. Received: {file} ({error}). Train it again.") from None
    if rows.ndim != 2 or rows.dtype != np.float16 or len(rows) < FEWEST or not np.isfinite(rows).all():
        raise RunError(
            f"{FAMILIAR} must hold the features of training photos. Received: {file}, {rows.dtype} {rows.shape}. Train it again."
        )
    return Familiar(rows.astype(np.float32), novelty.limit)


def strangeness(model: keras.Model, familiar: Familiar) -> Callable[[np.ndarray], np.ndarray]:
    """Photos uint8 [n, size, size, 3] → whether each is unlike the training photos, bool [n].

    Raises:
        RunError: ``familiar`` is of another model.
    """
    extractor = features_of(model)
    if extractor.output_shape[1:] != familiar.rows.shape[1:]:
        raise RunError(
            f"{FAMILIAR} must be of the model beside it, which sees {extractor.output_shape[1:]}. Received: {familiar.rows.shape[1:]}. "
            "Train it again."
        )
    return lambda photos: familiar.distances(np.asarray(extractor.predict_on_batch(photos.astype("float32")))) > familiar.limit


def _of_length_one(features: np.ndarray) -> np.ndarray:
    floats = features.astype(np.float32)
    return floats / np.maximum(np.linalg.norm(floats, axis=1, keepdims=True), 1e-12)


def _limit(distances: np.ndarray) -> float:
    """So that of photos like these, n of them, about the share ``BEYOND`` lies beyond, but the farthest at most (a conformal quantile)."""
    place = min(len(distances), math.ceil((len(distances) + 1) * (1 - BEYOND)))
    return float(np.sort(distances)[place - 1])
