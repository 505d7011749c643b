"""The photos an export needs: some from training to calibrate with, and those it is compared on."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tltool.data.samples import Samples
from tltool.data.tiles import tiles_in
from tltool.errors import ExportError
from tltool.exports.artefacts import Artefact

MOST_PHOTOS = 512  # from training: for a first calibration, for a second one, and to see which layers hurt
FLOATS = ("float32", "float16")
ADVICE = "Put them back; --precision float32 and float16 need those of validation only."  # where some are gone


def photos_needed(
    samples: Samples, wanted: Sequence[Artefact], split: str = "validation", seed: int = 0, tiles: int | None = None
) -> Samples:
    """The ``split`` photos of ``samples``, after about 512 from training where one of ``wanted`` is quantized, or as many as have so many
    tiles where the model sees ``tiles``.

    Those from training take turns by class in an order drawn from ``seed``, so that the first few are as balanced as they can be.

    Raises:
        ExportError: there are no ``split`` photos.
    """
    if not len(samples.rows(split)):
        raise ExportError(
            f"An export must be compared with its run on {split} photos. Received: a split.csv without any. Train again with "
            f"more photos, or with some in {split}/."
        )
    training = np.empty(0, int)
    if {artefact.precision for artefact in wanted} - set(FLOATS):
        training = in_turns(samples.strata, samples.rows("train"), seed)[: max(1, MOST_PHOTOS // tiles_in(tiles))]
    rows: Any = np.concatenate([training, samples.rows(split)])
    return replace(samples, table=samples.table.iloc[rows].reset_index(drop=True))


def in_turns(labels: np.ndarray, rows: np.ndarray, seed: int) -> np.ndarray:
    """``rows`` in an order drawn from ``seed`` in which the classes take turns, as long as each has photos left.

    Args:
        labels: of every photo the class it is counted to, int [n].
        rows: places in ``labels``.
    """
    shuffled = np.random.default_rng(seed).permutation(rows)
    rank = np.empty(len(shuffled), int)  # each photo's turn within its class
    for label in np.unique(labels[shuffled]):
        places = np.flatnonzero(labels[shuffled] == label)
        rank[places] = np.arange(len(places))
    return shuffled[np.argsort(rank, kind="stable")]
