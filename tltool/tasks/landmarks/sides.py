"""Which points change places in a mirror: what was the left ear is then the right one.

Names say it, where two differ in nothing but their side: "leftear" and "rightear", "Eye_L" and "Eye_R", "LShoulder" and "RShoulder". A
name without a side lies on the middle line, such as a nose. Where a side has no partner, or no name has a side, nobody knows what a mirror
does to the points, and photos must not be mirrored in training, but where the user says which are pairs (``--flip-pairs``).
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

NOTHING: Mapping[str, Any] = MappingProxyType({})  # is given
LEFT = {"left": "right", "l": "r"}
OTHER = {**LEFT, **{right: left for left, right in LEFT.items()}}
SIDE = re.compile(r"left|right|(?<![^\W_])[lr](?![^\W_])", re.IGNORECASE)  # a single letter where it is a word of its own,
CAPITAL = re.compile(r"(?<![A-Z])[LR](?=[A-Z][a-z])|(?<=[a-z0-9])[LR](?![A-Za-z])")  # or stands out by its capital: LShoulder, earR


def pairs_of(names: Sequence[str], given: Mapping[str, Any] = NOTHING) -> list[tuple[str, str]]:
    """The names that change places in a mirror, each pair once: those that the user has ``given``, and of all others those that differ in
    their side, in the order of the first of each."""
    said = [(pair.partition(":")[0], pair.partition(":")[2]) for pair in given.get("flip_pairs", ())]
    others = [name for name in names if not any(name in pair for pair in said)]
    partners = {name: _mirrored(name) for name in others}
    return said + [(one, other) for i, (one, other) in enumerate(partners.items()) if other != one and other in others[i + 1 :]]


def may_flip(names: Sequence[str], given: Mapping[str, Any] = NOTHING) -> bool:
    """Whether photos of points with these names may be mirrored: some are pairs, and every name with a side has its partner."""
    paired = {name for pair in pairs_of(names, given) for name in pair}
    return bool(paired) and all(name in paired for name in names if _mirrored(name) != name)


def partners_of(names: Sequence[str], given: Mapping[str, Any] = NOTHING) -> np.ndarray:
    """Of every name the place of the one whose point it gets in a mirror, int [k]; its own where it has no partner."""
    partners, place = np.arange(len(names)), {name: i for i, name in enumerate(names)}
    for one, other in pairs_of(names, given):
        partners[place[one]], partners[place[other]] = place[other], place[one]
    return partners


def _mirrored(name: str) -> str:
    """The name of the other side, in the same letters; ``name`` itself where it has no side."""
    pattern = SIDE if SIDE.search(name) else CAPITAL
    return pattern.sub(lambda found: _written_like(found[0], OTHER[found[0].lower()]), name)


def _written_like(model: str, word: str) -> str:
    return word.upper() if model.isupper() else word.capitalize() if model[0].isupper() else word
