"""What happens when memory does not hold a batch."""

from collections.abc import Callable
from typing import TypeVar

from tltool.progress import warn

T = TypeVar("T")
NAMES = ("ResourceExhaustedError", "XlaRuntimeError", "JaxRuntimeError", "OutOfMemoryError")  # TensorFlow, JAX old and new, PyTorch


def is_out_of_memory(error: BaseException) -> bool:
    """Whether Keras's backend, or NumPy, says with ``error`` that there is too little memory."""
    if isinstance(error, MemoryError):
        return True
    if type(error).__name__ not in NAMES:
        return False
    return type(error).__name__ in ("ResourceExhaustedError", "OutOfMemoryError") or "RESOURCE_EXHAUSTED" in str(error)


def halving(work: Callable[[int], T], size: int, label: str) -> tuple[T, int]:
    """``work(size)``, or of half as many photos at once as often as memory does not hold them; and how many it held."""
    while True:
        try:
            return work(size), size
        except Exception as error:
            size = halved(size, error, label)


def halved(size: int, error: Exception, label: str, also: str = "") -> int:
    """Half of ``size``, and a warning that says so; ``error`` again where it is no lack of memory for a batch that can be halved.

    Args:
        also: what else changes, as the end of a sentence.
    """
    if size == 1 or not is_out_of_memory(error):
        raise error
    warn(f"{label}: memory does not hold a batch of {size}. It goes on with {size // 2}{also}.")
    return size // 2
