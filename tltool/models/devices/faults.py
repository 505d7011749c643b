"""What a GPU, or the compiler for it, says when it cannot do its work, as sentences."""

import re
from typing import NamedTuple


class Fault(NamedTuple):
    """Why, and what to do; ``goes_on`` where a training finds its way around."""

    why: str
    advice: str
    goes_on: bool = False


NO_KERNELS = Fault(
    "the backend that is installed has no kernels for this GPU",
    "Use NVIDIA's TensorFlow container (NGC, nvcr.io/nvidia/tensorflow), which has them, or --device cpu.",
)
NO_COMPILER = Fault(
    "XLA cannot compile for this device",
    "Install CUDA's compiler with: pip install 'tltool[gpu]'. Until then a training goes on without XLA, which is slower.",
    goes_on=True,
)
NO_MEMORY = Fault("the GPU has no memory left", "See with nvidia-smi who uses it, end that, or use --device cpu.")
NO_CUDNN = Fault("cuDNN does not work with this backend", "Install the one that fits with: pip install 'tltool[gpu]'.")
OLD_DRIVER = Fault("NVIDIA's driver is older than the CUDA libraries", "Install a newer driver.")
NOT_WHOLE = Fault(
    "the backend is not installed whole", "Install it anew: pip install --force-reinstall --no-cache-dir 'tensorflow>=2.20' 'keras>=3.15.1'"
)
FAULTS = {
    r"RESOURCE_EXHAUSTED|ResourceExhausted|CUDA_ERROR_OUT_OF_MEMORY": NO_MEMORY,
    r"CUDA_ERROR_(INVALID_PTX|INVALID_HANDLE|NO_BINARY_FOR_GPU|UNSUPPORTED_PTX|INVALID_IMAGE|JIT_COMPILER)|no kernel image": NO_KERNELS,
    r"driver version is insufficient|CUDA_ERROR_SYSTEM_DRIVER_MISMATCH": OLD_DRIVER,
    r"libdevice|ptxas|nvlink|JIT compilation failed|XLA": NO_COMPILER,
    r"CUDNN_STATUS|cuDNN|DNN library": NO_CUDNN,
    r"No module named|cannot import|undefined symbol|cannot open shared object|Unable to import backend": NOT_WHOLE,
}


def explain(message: str) -> Fault | None:
    """What is known of an error of a backend by its ``message``; None where that is nothing."""
    return next((fault for pattern, fault in FAULTS.items() if re.search(pattern, message)), None)
