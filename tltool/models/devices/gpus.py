"""NVIDIA's GPUs as the system shows them, whatever a backend makes of them: driver, devices, and what hides them.

Where a driver is, and TensorFlow sees no GPU all the same, one of a few things is the reason; ``why_unseen`` finds which.
"""

import os
import re
from pathlib import Path
from typing import NamedTuple

from tltool.models.processes.inquiry import ask_child
from tltool.wording import shown

SECONDS = 60.0  # for the libraries, which are large
INSTALL = {"tensorflow": "pip install 'tltool[gpu]'", "jax": "pip install 'jax[cuda12]'"}


class Driver(NamedTuple):
    """NVIDIA's driver on this machine: its version (empty: none is loaded), and the device files that lead to GPUs."""

    version: str
    devices: tuple[str, ...]

    @property
    def is_there(self) -> bool:
        return bool(self.version or self.devices)


class Reason(NamedTuple):
    """Why no GPU is seen, and what to do: a sentence each."""

    why: str
    advice: str

    def __str__(self) -> str:
        return f"{self.why} {self.advice}"


def find_driver(root: Path = Path("/")) -> Driver:
    """What the kernel says; ``/dev/dxg`` is how a GPU is reached in Windows's Linux."""
    devices = (*sorted(path.name for path in _listed(root / "dev") if re.fullmatch(r"nvidia\d+|dxg", path.name)),)
    try:
        said = (root / "proc/driver/nvidia/version").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return Driver("", devices)
    version = re.search(r"\b\d+\.\d+(\.\d+)?\b", said)
    return Driver(version.group() if version else "unknown", devices)


def hiding() -> str:
    """What CUDA_VISIBLE_DEVICES is set to, as words; empty where it hides nothing."""
    said = os.environ.get("CUDA_VISIBLE_DEVICES")
    return "" if said is None else f"CUDA_VISIBLE_DEVICES={shown(said)}"


def hides_all() -> bool:
    """Whether CUDA_VISIBLE_DEVICES leaves no GPU: empty, or beginning with a number that no GPU has."""
    said = os.environ.get("CUDA_VISIBLE_DEVICES")
    return said is not None and said.split(",")[0].strip() in ("", "-1", "NoDevFiles")


def why_unseen(backend: str, with_cuda: bool, cuda: str = "12") -> Reason:
    """Why ``backend`` sees no GPU.

    Args:
        with_cuda: whether the backend as it is installed can use one at all.
        cuda: the major version of CUDA it was built for.
    """
    install = f"Install it with: {INSTALL.get(backend, INSTALL['tensorflow'])}"
    driver = find_driver()
    if not driver.is_there:
        return Reason(
            "This machine shows no NVIDIA GPU.",
            "If it has one, install NVIDIA's driver, until nvidia-smi lists it; in a container, run it with --gpus all.",
        )
    if not with_cuda:
        return Reason(f"The {backend} that is installed is built without CUDA.", install)
    if hides_all():
        return Reason(f"{hiding()} hides it.", "Unset CUDA_VISIBLE_DEVICES.")
    if not driver.devices:
        return Reason(
            f"NVIDIA's driver {driver.version} is loaded, and there is no /dev/nvidia0.", "In a container, run it with --gpus all."
        )
    missing, refusal = ask_libraries(cuda)
    if missing:
        return Reason(f"These CUDA libraries cannot be loaded: {', '.join(missing)}.", install)
    if refusal:
        return Reason(f"NVIDIA's driver {driver.version} refuses: {refusal}.", "Try nvidia-smi, and a newer driver if that works.")
    return Reason(
        f"{backend} does not say why; driver {driver.version} and the CUDA libraries are there{_besides()}.", "Try the newest driver."
    )


def ask_libraries(cuda: str) -> tuple[list[str], str]:
    """CUDA libraries that cannot be loaded, by name, and what the driver answers when it is started (empty: it does start)."""
    answer = ask_child("tltool.models.devices.libraries", SECONDS, cuda)
    if not answer.said:
        return [], f"the trial of its libraries {answer.ended or 'said nothing'}"
    return list(answer.said[-1]["missing"]), answer.said[-1]["refusal"]


def _besides() -> str:
    return f"; {hiding()}" if hiding() else ""


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
