"""How steeply a score rises with each feature that enters the head: its derivative, by the chain rule through the head's few layers.

Written out and not asked of a backend, because Keras has no gradients that all of its backends share. Below the head none are needed:
features that are a mean, a sum or the map itself take each place of the map alike.
"""

import keras
import numpy as np

from tltool.models.head import head_of

STEP = 1e-3  # of an activation's input, relative to 1 + its size: small beside any bend, large beside the rounding of float32
PASSING = (keras.layers.InputLayer, keras.layers.Identity, keras.layers.Dropout)  # in inference


def is_linear(model: keras.Model) -> bool:
    """Whether the head of ``model`` is one dense layer, so that a score rises with a feature as steeply on every photo."""
    return len(_steps(model) or ()) == 1


def slopes_of(model: keras.Model, features: np.ndarray) -> np.ndarray | None:
    """The derivative of every logit by every feature at ``features`` [d], float32 [d, logits]; None where the head has layers whose
    derivative is not known here."""
    steps = _steps(model)
    if steps is None:
        return None
    entering, x = [], features.astype("float32")[None]
    for layer in steps:
        entering.append(x)
        x = _through(layer, x)
    slopes = np.eye(x.shape[1], dtype="float32")
    for layer, x in zip(reversed(steps), reversed(entering), strict=True):
        slopes = _kernel(layer) @ slopes if isinstance(layer, keras.layers.Dense) else _steepness(layer, x)[:, None] * slopes
    return slopes


def _steps(model: keras.Model) -> list[keras.layers.Layer] | None:
    """The layers of the head in order, without those that pass what enters them; None where there is one of another kind."""
    steps = [layer for layer in head_of(model).layers if not isinstance(layer, PASSING)]
    known = all(_is_matrix(layer) or isinstance(layer, keras.layers.Activation) for layer in steps)
    return steps if known else None


def _is_matrix(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, keras.layers.Dense) and layer.activation is keras.activations.linear


def _kernel(layer: keras.layers.Dense) -> np.ndarray:
    return keras.ops.convert_to_numpy(layer.weights[0]).astype("float32")


def _through(layer: keras.layers.Layer, x: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(layer(keras.ops.convert_to_tensor(x))).astype("float32")


def _steepness(layer: keras.layers.Activation, x: np.ndarray) -> np.ndarray:
    """Of an activation, which takes each number by itself, at ``x`` [1, d]: float32 [d], by a central difference."""
    step = STEP * (1 + np.abs(x))
    return ((_through(layer, x + step) - _through(layer, x - step)) / (2 * step))[0]
