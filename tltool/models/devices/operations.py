"""A few real operations whose answers are known: does the device compute, and rightly?"""

import keras
import numpy as np


def convolve() -> None:
    """A 3×3 convolution of ones over three channels, which is 27 everywhere; ArithmeticError where it is not."""
    _require(keras.ops.conv(keras.ops.ones((1, 16, 16, 3)), keras.ops.ones((3, 3, 3, 4)), padding="valid"), 27)


def multiply() -> None:
    """[32, 64] of ones times [64, 16] of ones, which is 64 everywhere; ArithmeticError where it is not."""
    _require(keras.ops.matmul(keras.ops.ones((32, 64)), keras.ops.ones((64, 16))), 64)


def learn() -> None:
    """One step of training, compiled by XLA: two weights of 1 on two inputs of 1 give 2, whose squared error against 0 is 4;
    ArithmeticError where it is not."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile("sgd", "mse", jit_compile=True)
    _require(model.train_on_batch(np.ones((4, 2), "float32"), np.zeros((4, 1), "float32")), 4)


OPERATIONS = {"convolving": convolve, "multiplying matrices": multiply, "training one compiled step": learn}


def _require(answer: object, value: float) -> None:
    if not np.allclose(keras.ops.convert_to_numpy(answer), value, rtol=1e-2):
        raise ArithmeticError(f"the device computes wrongly: it must give {value}")
