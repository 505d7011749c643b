"""Signals on one scale: per channel, minus the mean and by the standard deviation of those that are learned from."""

import keras
import numpy as np
from keras import layers


def normalize(signals: np.ndarray) -> keras.layers.Layer:
    """A layer that gives ``signals`` [n, length, channels] mean 0 and standard deviation 1 in every channel.

    Its numbers are constants of the layer, so they are saved with the model and no training moves them. A channel that never changes
    is only centred: there is nothing to tell its scale by.
    """
    mean, deviation = signals.mean(axis=(0, 1), dtype=np.float64), signals.std(axis=(0, 1), dtype=np.float64)
    scale = 1 / np.where(deviation > np.finfo(np.float32).eps * np.abs(mean), deviation, 1.0)
    return layers.Rescaling(scale.tolist(), offset=(-mean * scale).tolist(), name="standardise")
