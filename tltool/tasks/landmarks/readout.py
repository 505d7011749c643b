"""Maps of scores → places: what a model itself does, by layers that every runtime has, also in int8.

For x, a column's score is the highest in it, and the softmax over columns says where the point is; its mean is the place, finer than a cell
(soft-argmax). For y the rows do the same. Around one peak that is the mean over all cells: the logarithm of a Gaussian is a sum of what x
and what y say. And where int8 knows steps of 1/256 only, what is shared out among fifty columns still adds up to 1, but not among
thousands of cells.
"""

from typing import Any

import numpy as np
from keras import layers

WINDOW = 7  # cells: nearly all of a point that was found lies in so many around its peak


def read_points(scores: Any) -> Any:
    """Scores [n, s, s, k] → [n, k, 3]: (x, y) in shares of the square's side, and how sure of it.

    Sure is the share of the columns, or of the rows where it is smaller, that lies in ``WINDOW`` cells around the peak, 0…1.
    """
    side, names = scores.shape[2:]
    columns = layers.MaxPooling2D((side, 1), name="columns")(scores)  # [n, 1, s, k]
    rows = layers.Permute((2, 1, 3), name="upright")(layers.MaxPooling2D((1, side), name="rows")(scores))
    axes = layers.Permute((3, 1, 2), name="by_point")(layers.Concatenate(axis=1, name="axes")([columns, rows]))
    shares = layers.Reshape((2 * names, side, 1), name="shares")(layers.Softmax(name="softmax")(axes))  # x and y of the first point, …
    return layers.Concatenate(name="points")([_means(shares, side, names), _sureness(shares, side, names)])


def _means(shares: Any, side: int, names: int) -> Any:
    """[n, k, 2]: the centres of cells, each for its share. Counted from the middle of the side, they are as exact as int8 allows."""
    mean = layers.Conv2D(1, (1, side), trainable=False, name="mean")
    means = layers.Reshape((names, 2), name="places")(mean(shares))
    centres = (np.arange(side) + 0.5) / side
    mean.set_weights([(centres - 0.5).reshape(1, side, 1, 1), np.array([0.5])])
    return means


def _sureness(shares: Any, side: int, names: int) -> Any:
    """[n, k, 1]."""
    window = min(WINDOW, side)
    within = layers.AveragePooling2D((1, window), strides=1, name="within")(shares)
    most = layers.MaxPooling2D((1, side - window + 1), name="most")(within)  # [n, 2k, 1, 1]
    outside = layers.MaxPooling2D((2, 1), name="worse")(layers.Rescaling(-window, 1, name="outside")(most))
    return layers.Rescaling(-1, 1, name="sureness")(layers.Reshape((names, 1), name="by_name")(outside))
