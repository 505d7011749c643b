"""How much each photo counts in what is learned, and how often it is shown."""

import numpy as np


def class_weights(labels: np.ndarray) -> np.ndarray:
    """Weights float64 [n] of photos with ``labels`` int [n], with which every class that occurs counts the same: n / (C · count) for the C
    classes, so that they are 1 on average."""
    _, index, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return (len(labels) / (len(counts) * counts))[index]


def oversampled(rows: np.ndarray, labels: np.ndarray, seed: int) -> np.ndarray:
    """``rows`` int [n] of photos with ``labels`` int [n], each class as often as the largest: whole repetitions of its photos, then as many
    as are lacking, drawn without replacement from ``seed``. The augmentation varies every repetition anew."""
    classes, counts = np.unique(labels, return_counts=True)
    random, most = np.random.default_rng(seed), int(counts.max(initial=0))
    drawn = [
        np.concatenate([np.tile(own, most // len(own)), random.permutation(own)[: most % len(own)]])
        for own in (rows[labels == name] for name in classes)
    ]
    return np.sort(np.concatenate([rows[:0], *drawn]))
