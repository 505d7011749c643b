"""Masks among the photos: pictures that say where something is on another picture, and would be learned as if they were photos."""

import re
from pathlib import Path

import numpy as np

from tltool.checks.evidence import Evidence, Rows
from tltool.checks.findings import Case, Finding
from tltool.wording import counted

NAMED = re.compile(r"(?<![a-z])(masks?|labels?|annotations?|ground[ _-]?truths?|gt|seg|segmentations?|mattes?)(?![a-z])")
LEVELS = 32  # grey levels of a picture that holds numbers of classes
GREY = 1.0  # mean grey levels between the channels: what JPEG leaves in a picture without colour
DARK, BRIGHT = 15, 240  # grey levels at the ends, of which a mask has the most: background, and what is marked
MOSTLY = 0.6  # share of its pixels


def masks(evidence: Evidence) -> Finding:
    rows = mask_rows(evidence)
    says = (
        f"{counted(len(rows), 'picture')} {'is a mask' if len(rows) == 1 else 'are masks'} by name and by look, and would be learned "
        "like the photos beside them."
        if rows
        else "No mask lies among the photos."
    )
    return Finding(
        "masks",
        "warn" if rows else "ok",
        says,
        [Case((evidence.paths[row],), "named and drawn like a mask") for row in rows],
        "Take them out of the class folders; --write-clean leaves them out.",
        cleaned=True,
    )


def mask_rows(evidence: Evidence) -> Rows:
    """Pictures that are named like a mask and look like one, where there are others too."""
    levels, colour = evidence.thumbnails.facts["levels"].to_numpy(), evidence.colour
    rows = [
        row
        for row, path in enumerate(evidence.paths)
        if is_named(path, evidence.labels[row])
        and (levels[row] <= LEVELS or (colour[row] < GREY and _is_at_the_ends(evidence.thumbnails.pixels[row])))
    ]
    return rows if len(rows) < len(evidence.paths) else []


def is_named(path: str, label: str) -> bool:
    """Whether a file, or the folder between it and that of its class, is named like a mask."""
    place = Path(path)
    return bool(NAMED.search(place.stem.lower()) or (place.parent.name != label and NAMED.search(place.parent.name.lower())))


def _is_at_the_ends(thumbnail: np.ndarray) -> bool:
    """Whether uint8 [32, 32, 3] is mostly black or white."""
    return bool(((thumbnail <= DARK) | (thumbnail >= BRIGHT)).mean() >= MOSTLY)
