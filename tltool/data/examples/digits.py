"""scikit-learn's bundled handwritten digits (1,797 real images of 8×8 pixels) as folders of PNGs, so that a demo needs no download."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 32  # pixels; eight are too few to look at


def write_digits(folder: Path, digits: Sequence[int], few: int | None = None, seed: int = 0) -> Path:
    """Write all images of ``digits`` below ``folder`` and return it.

    Args:
        few: without it, ``folder/DIGIT/N.png``. With it, ``folder/{train,validation,test}/DIGIT/N.png``: ``few`` photos of each digit
            for training, half as many for validation, all others for the test.
        seed: which ones those few are.
    """
    from sklearn.datasets import load_digits

    bundle = load_digits()
    for digit in digits:
        order = np.random.default_rng((seed, digit)).permutation(np.flatnonzero(bundle.target == digit))
        for turn, number in enumerate(order):
            place = folder / _part(turn, few) / str(digit)
            place.mkdir(parents=True, exist_ok=True)
            _photo(bundle.images[number]).save(place / f"{number:04d}.png")
    return folder


def _part(turn: int, few: int | None) -> str:
    if few is None:
        return ""
    return "train" if turn < few else "validation" if turn < few + few // 2 else "test"


def _photo(image: np.ndarray) -> Image.Image:
    """8×8 with grey levels 0–16 → a PNG as large as a stamp."""
    grey = Image.fromarray((image * 255 / 16).round().astype("uint8"))
    return grey.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
