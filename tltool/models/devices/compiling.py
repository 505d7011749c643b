"""XLA, which Keras compiles with where a model allows: where it cannot compile for a device, the work is done without it."""

import functools
from collections.abc import Callable
from typing import TypeVar

import keras

from tltool.models.devices.faults import NO_COMPILER, explain
from tltool.progress import warn

T = TypeVar("T")


def compiled_or_not(model: keras.Model, work: Callable[[], T]) -> T:
    """``work``, which runs ``model``; once more and without XLA if that fails to compile it, as without CUDA's compiler.

    A step is compiled before any of it runs, so that nothing was done twice. JAX knows no other way to compute.
    """
    try:
        return work()
    except Exception as error:
        if keras.backend.backend() != "tensorflow" or not model.jit_compile or explain(str(error)) is not NO_COMPILER:
            raise
        _tell(_first_line(error))
    model.jit_compile = False
    model.train_function = model.test_function = model.predict_function = None  # the compiled ones; Keras makes them anew
    return work()


@functools.cache  # once in a process: what fails for one model fails for all
def _tell(reason: str) -> None:
    warn(f"XLA cannot compile for this device ({reason}). It goes on without, which is slower. {NO_COMPILER.advice.partition('. ')[0]}.")


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200].rstrip(".")
