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
            if not is_out_of_memory(error) or size == 1:
                raise
        size //= 2
        warn(f"{label}: memory does not hold a batch of {size * 2}. It goes on with {size}.")
