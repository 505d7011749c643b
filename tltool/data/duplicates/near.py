"""Near-duplicates: photos that show the same picture, re-encoded, resized, brightened, mirrored or cropped.

Cheap comparisons propose, the pixels decide. Two photos are alike when, one laid over the other (and mirrored or cut to a window of
the other where that fits better), the colours of their 32×32 thumbnails correlate, their gradients correlate, and what is left
between them is a few grey levels. Colours alone would call any two shirts on the same bedspread alike; gradients see what is printed
on them; and the grey levels see apart what is drawn with few, wide strokes. Backbone features, where there are any, propose more
pairs; and where they agree fully, it is enough that the pixels agree loosely, as two frames of a burst do.
"""

from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from tltool.data.duplicates import windows
from tltool.data.duplicates.proposals import by_features, by_sketches, ordered, sketched, standardised
from tltool.errors import DataError
from tltool.progress import track
from tltool.threads import in_order

CROWD = 100  # mates from which on a photo takes them all at once, so that a thousand equal frames are not a million pairs
BLOCK = 256  # rows compared with all others at a time
CHUNK = 512  # pairs measured at a time


class Group(NamedTuple):
    """Photos like one of them: ``rows`` begins with that ``seed`` and ascends from there; ``likeness`` to the seed is 0–1, 1.0 first."""

    seed: int
    rows: list[int]
    likeness: list[float]


class Pairs(NamedTuple):
    """Rows ``left`` and ``right``, both int64 [p], and how alike they are, float32 [p]."""

    left: np.ndarray
    right: np.ndarray
    likeness: np.ndarray


def find_near_duplicates(thumbnails: np.ndarray, features: np.ndarray | None = None) -> list[Group]:
    """Groups of photos that show the same picture, by their first row; no photo is in two.

    A group is a star: every photo in it is like its seed, the photo with the most like it. Chains (a like b, b like c …) are not
    followed, because they swallow whole classes.

    Args:
        thumbnails: uint8 [n, 32, 32, 3], the whole photo stretched; may be memory-mapped.
        features: float [n, d], pooled features of any backbone.

    Raises:
        DataError: other shapes.
    """
    _check(thumbnails, features)
    rows, copies = _distinct(thumbnails)
    pairs = _measured(thumbnails, rows, None if features is None else standardised(features[rows]))
    return _stars(len(rows), pairs, rows, copies)


def _check(thumbnails: np.ndarray, features: np.ndarray | None) -> None:
    side = windows.SIDE
    if thumbnails.dtype != np.uint8 or thumbnails.shape[1:] != (side, side, 3):
        raise DataError(f"Thumbnails must be uint8 of the shape [n, {side}, {side}, 3]. Received: {thumbnails.dtype} {thumbnails.shape}.")
    if features is not None and (features.ndim != 2 or len(features) != len(thumbnails)):
        raise DataError(f"There must be one row of features per photo. Received: {features.shape} for {len(thumbnails)} photos.")


def _distinct(thumbnails: np.ndarray) -> tuple[np.ndarray, list[list[int]]]:
    """The first row of every distinct thumbnail, int64 ascending, and all rows that have it."""
    places: dict[bytes, list[int]] = {}
    for row, thumbnail in enumerate(thumbnails):
        places.setdefault(blake2b(thumbnail.tobytes(), digest_size=16).digest(), []).append(row)
    copies = list(places.values())
    return np.array([its[0] for its in copies], dtype=np.int64), copies


def _measured(thumbnails: np.ndarray, rows: np.ndarray, features: np.ndarray | None) -> Pairs:
    """The pairs that are alike; left and right are places in ``rows``."""
    (sketches, slack), is_taken = sketched(thumbnails, rows), np.zeros(len(rows), bool)
    found, near = [Pairs(*(np.empty(0, kind) for kind in ("int64", "int64", "float32")))], []
    starts = range(0, len(rows) if len(rows) > 1 else 0, BLOCK)
    for start in track(starts, "comparing photos", len(starts), "blocks"):
        block = start + np.flatnonzero(~is_taken[start : start + BLOCK])
        proposed, nearest = by_sketches(sketches, slack, block)
        new = [_measure(thumbnails, rows, proposed, windows.compare)]
        near.append(nearest)
        if features is not None:
            agreed, nearest = by_features(features, block)
            new, near = [*new, _measure(thumbnails, rows, agreed, windows.compare_loosely)], [*near, nearest]
        found += new
        _take_crowds(is_taken, block, new)
    alike = Pairs(*map(np.concatenate, zip(*found, strict=True)))
    open_pairs = _still_open(np.concatenate([np.empty((0, 2), np.int64), *near]), alike, is_taken)
    searched = _measure(thumbnails, rows, open_pairs, windows.search)
    return Pairs(*map(np.concatenate, zip(alike, searched, strict=True)))


def _take_crowds(is_taken: np.ndarray, block: np.ndarray, new: list[Pairs]) -> None:
    """Mark the mates of every photo that has very many: they need no mates of their own."""
    ends = [np.concatenate([pairs.left for pairs in new]), np.concatenate([pairs.right for pairs in new])]
    one, other = np.concatenate(ends), np.concatenate(ends[::-1])
    for seed in block[np.bincount(one, minlength=len(is_taken))[block] > CROWD]:
        if not is_taken[seed]:
            is_taken[other[one == seed]] = True


def _still_open(pairs: np.ndarray, alike: Pairs, is_taken: np.ndarray) -> np.ndarray:
    """Distinct pairs that are not known to be alike, of photos that no crowd took."""
    keys, n = np.unique(pairs @ [len(is_taken), 1]), len(is_taken)
    keys = np.setdiff1d(keys, ordered(alike.left, alike.right) @ [n, 1])
    pairs = np.stack([keys // max(n, 1), keys % max(n, 1)], axis=1)
    return pairs[~is_taken[pairs].any(axis=1)]


def _measure(thumbnails: np.ndarray, rows: np.ndarray, pairs: np.ndarray, how: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Pairs:
    """Those of the proposed pairs that are alike, on all cores."""
    chunks = [rows[pairs[at : at + CHUNK]] for at in range(0, len(pairs), CHUNK)]
    parts = list(in_order(lambda chunk: how(thumbnails[chunk[:, 0]], thumbnails[chunk[:, 1]]), chunks))
    likeness = np.concatenate([np.empty(0, np.float32), *parts])
    alike = pairs[likeness > 0]
    return Pairs(alike[:, 0], alike[:, 1], likeness[likeness > 0])


def _stars(n: int, pairs: Pairs, rows: np.ndarray, copies: list[list[int]]) -> list[Group]:
    """Most mates first, then the lowest row: a seed takes every mate that no earlier seed took, with all copies of it."""
    mates: list[dict[int, float]] = [{} for _ in range(n)]
    for left, right, likeness in zip(*(part.tolist() for part in pairs), strict=True):
        for one, other in ((left, right), (right, left)):
            mates[one][other] = max(likeness, mates[one].get(other, 0.0))
    is_free, groups = np.ones(n, bool), []
    for seed in sorted(range(n), key=lambda place: (-len(mates[place]), place)):
        if not is_free[seed]:
            continue
        own = {seed: 1.0} | {place: likeness for place, likeness in mates[seed].items() if is_free[place]}
        is_free[list(own)] = False
        likeness_of = {row: likeness for place, likeness in own.items() for row in copies[place]}
        likeness_of.pop(int(rows[seed]))
        if likeness_of:
            others = sorted(likeness_of)
            groups.append(Group(int(rows[seed]), [int(rows[seed]), *others], [1.0, *(likeness_of[row] for row in others)]))
    return sorted(groups, key=lambda group: group.rows[0])
