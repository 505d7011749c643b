"""How much each photo counts in what is learned."""

import numpy as np


def class_weights(labels: np.ndarray) -> np.ndarray:
    """Weights float64 [n] of photos with ``labels`` int [n], with which every class that occurs counts the same: n / (C · count) for the C
    classes, so that they are 1 on average."""
    _, index, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return (len(labels) / (len(counts) * counts))[index]
