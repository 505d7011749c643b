"""Which of CUDA's libraries load, tried in a process of its own: ``python -m tltool.models.devices.libraries CUDA-MAJOR``.

It answers one object: ``missing``, the names of those that do not, and ``refusal``, what the driver says when it is started.
"""

import ctypes
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from tltool.models.processes.child import serving

DRIVER = "libcuda.so.1"
LIBRARIES = {  # what TensorFlow and JAX load, by the major version of CUDA
    "12": (
        "libcudart.so.12",
        "libcublas.so.12",
        "libcublasLt.so.12",
        "libcufft.so.11",
        "libcusolver.so.11",
        "libcusparse.so.12",
        "libcudnn.so.9",
    ),
    "13": (
        "libcudart.so.13",
        "libcublas.so.13",
        "libcublasLt.so.13",
        "libcufft.so.12",
        "libcusolver.so.12",
        "libcusparse.so.12",
        "libcudnn.so.9",
    ),
}


def find_missing(cuda: str) -> list[str]:
    """The libraries that do not load: those that pip installs are found beside the packages, others where the system looks."""
    return [name for name in (DRIVER, *LIBRARIES.get(cuda, LIBRARIES["12"])) if not _loads(name)]


def start_driver() -> str:
    """What the driver answers to cuInit (CUDA Driver API): empty where it starts, else the name that it gives to the error."""
    try:
        driver = ctypes.CDLL(DRIVER)
    except OSError:
        return ""  # which is among the missing
    code = driver.cuInit(0)
    name = ctypes.c_char_p()
    driver.cuGetErrorName(code, ctypes.byref(name))
    return "" if code == 0 else (name.value or str(code).encode()).decode(errors="replace")


def _loads(name: str) -> bool:
    return any(map(_opens, (*_installed(name), name)))


def _installed(name: str) -> Iterator[str]:
    """Where NVIDIA's packages put the library: ``nvidia/cudnn/lib`` and the like."""
    return (str(path) for path in sorted(Path(sysconfig.get_paths()["purelib"]).glob(f"nvidia/*/lib/{name}")))


def _opens(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    with serving() as (_, answer):
        answer({"missing": find_missing(sys.argv[1]), "refusal": start_driver()})
