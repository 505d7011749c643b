"""Views of a photo: as it is, its mirror image, and varied as an augmentation varies photos, the same way each time it is asked for.

A training draws anew in every epoch. A view draws once per photo, from its content, so that what a frozen backbone sees in it can be
computed once and kept.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tltool.models.augmentation import amounts_of, draw, vary


class View(NamedTuple):
    """One way to see every photo: ``mirrored``, or varied by up to ``amounts`` (name and limit, in the units of a preset), drawn from the
    photo's content, ``number`` and ``seed``. Without either it is the photo as it is."""

    mirrored: bool = False
    amounts: tuple[tuple[str, float], ...] = ()
    number: int = 0
    seed: int = 0


PLAIN = View()


def plan_views(count: int, augment: str, flip: bool = True, seed: int = 0) -> list[View]:
    """``count`` views: the photo as it is, then its mirror image if the preset ``augment`` and ``flip`` allow it, then varied ones.

    With a preset that varies nothing there is only the first.
    """
    amounts = amounts_of(augment, flip)
    mirrored = [View(mirrored=True)] if amounts.get("flip") else []
    varied = (View(False, tuple(sorted(amounts.items())), number, seed) for number in range(1, count)) if amounts else ()
    return [PLAIN, *mirrored, *varied][:count]


def see(photos: np.ndarray, view: View, contents: Sequence[str]) -> np.ndarray:
    """``photos`` uint8 RGB [b, size, size, 3] as ``view`` shows them, float32 0–255 of the same shape.

    Args:
        contents: of each photo what its draw depends on, such as its hash.
    """
    if view.amounts:
        return vary(photos, draw(dict(view.amounts), photos.shape[1], contents, view.seed, view.number))
    return (photos[:, :, ::-1] if view.mirrored else photos).astype("float32")
