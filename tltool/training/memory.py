"""What happens when the memory of the device does not hold a batch."""

NAMES = ("ResourceExhaustedError", "XlaRuntimeError", "JaxRuntimeError", "OutOfMemoryError")  # TensorFlow, JAX old and new, PyTorch


def is_out_of_memory(error: BaseException) -> bool:
    """Whether Keras's backend, or NumPy, says with ``error`` that there is too little memory."""
    if isinstance(error, MemoryError):
        return True
    if type(error).__name__ not in NAMES:
        return False
    return type(error).__name__ in ("ResourceExhaustedError", "OutOfMemoryError") or "RESOURCE_EXHAUSTED" in str(error)
