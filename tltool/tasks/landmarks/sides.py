"""Which points change places in a mirror: what was the left ear is then the right one.

Names say it, where two differ in nothing but their side: "leftear" and "rightear", "Eye_L" and "Eye_R", "LShoulder" and "RShoulder". A
name without a side lies on the middle line, such as a nose. Where a side has no partner, or no name has a side, nobody knows what a mirror
does to the points, and photos must not be mirrored in training.
"""

import re
from collections.abc import Sequence

import numpy as np

LEFT = {"left": "right", "l": "r"}
OTHER = {**LEFT, **{right: left for left, right in LEFT.items()}}
SIDE = re.compile(r"left|right|(?<![^\W_])[lr](?![^\W_])", re.IGNORECASE)  # a single letter where it is a word of its own,
CAPITAL = re.compile(r"(?<![A-Z])[LR](?=[A-Z][a-z])|(?<=[a-z0-9])[LR](?![A-Za-z])")  # or stands out by its capital: LShoulder, earR


def pairs_of(names: Sequence[str]) -> list[tuple[str, str]]:
    """The names that change places in a mirror, each pair once, in the order of its first."""
    partners = {name: _mirrored(name) for name in names}
    return [(one, other) for i, (one, other) in enumerate(partners.items()) if other != one and other in [*names][i + 1 :]]


def may_flip(names: Sequence[str]) -> bool:
    """Whether photos of points with these names may be mirrored: some have sides, and every one of them has its partner."""
    sided = [name for name in names if _mirrored(name) != name]
    return bool(sided) and all(_mirrored(name) in sided for name in sided)


def partners_of(names: Sequence[str]) -> np.ndarray:
    """Of every name the place of the one whose point it gets in a mirror, int [k]; its own where it has no partner."""
    partners, place = np.arange(len(names)), {name: i for i, name in enumerate(names)}
    for one, other in pairs_of(names):
        partners[place[one]], partners[place[other]] = place[other], place[one]
    return partners


def _mirrored(name: str) -> str:
    """The name of the other side, in the same letters; ``name`` itself where it has no side."""
    pattern = SIDE if SIDE.search(name) else CAPITAL
    return pattern.sub(lambda found: _written_like(found[0], OTHER[found[0].lower()]), name)


def _written_like(model: str, word: str) -> str:
    return word.upper() if model.isupper() else word.capitalize() if model[0].isupper() else word
