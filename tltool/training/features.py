"""Frozen backbone → features, computed once for every photo."""

from typing import Any

import keras
import numpy as np

from tltool.errors import TltoolError
from tltool.models.batches import Batches
from tltool.models.pooling import pool_globally
from tltool.progress import track


def photo_features(backbone: keras.Model, pixels: Any, batch_size: int = 32) -> np.ndarray:
    """What ``backbone`` sees in each of ``pixels``, uint8 [n, size, size, 3], averaged over all places → float32 [n, d].

    Raises:
        TltoolError: features that are no numbers, as damaged weights give them.
    """
    extractor = keras.Model(backbone.input, pool_globally(backbone.output, "avg"))
    return extract_features(extractor, pixels, np.arange(len(pixels)), batch_size)


def extract_features(extractor: keras.Model, pixels: Any, rows: np.ndarray, batch_size: int) -> np.ndarray:
    """``pixels[rows]`` uint8 [n, size, size, 3] through ``extractor`` in inference mode → float32 [n, d].

    Raises:
        TltoolError: features that are no numbers, as damaged weights give them.
    """
    batches = Batches(pixels, rows, batch_size=batch_size)
    parts = [extractor.predict_on_batch(batches[i][0]) for i in track(range(len(batches)), "computing features", len(batches), "batches")]
    features = np.concatenate(parts)
    if not np.isfinite(features).all():
        raise TltoolError("The backbone's features must be finite. Received: NaN or infinity. Its weights or scaling "
                          "do not fit; try others.")
    return features
