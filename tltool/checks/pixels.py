"""Photos whose pixels show less than they should: nothing at all, nothing that is visible, too dark by a factor, or half lost."""

import numpy as np

from tltool.checks.evidence import Evidence, Rows
from tltool.checks.findings import Case, Finding
from tltool.checks.masks import mask_rows
from tltool.wording import counted

BLANK = 3.0  # grey levels that a thumbnail may spread and still show nothing
STRUCTURE = 0.5  # that it spreads at least where it is no mere noise
TWELVE_BITS = 16  # the brightest grey level, of 255, that 12-bit numbers reach where 16 bits are meant
FEW, NARROW = 8, 32  # grey levels that occur, and from the darkest to the brightest of them


def damaged_photos(evidence: Evidence) -> Finding:
    """JPEGs that lost part of their data and decode all the same (``decoding.rot``)."""
    rows = damaged(evidence)
    says = (
        f"{counted(len(rows), 'JPEG')} {_is(rows)} damaged: part of the picture is shifted, of wrong colours or filled in."
        if rows
        else "No JPEG shows that part of its data was lost."
    )
    marks = evidence.thumbnails.facts["damage"]
    return Finding(
        "damaged photos",
        "warn" if rows else "ok",
        says,
        [Case((evidence.paths[row],), marks[row]) for row in rows],
        "Look at them, and put back a good copy; --write-clean leaves them out.",
        cleaned=True,
    )


def invisible_photos(evidence: Evidence) -> Finding | None:
    if not (rows := invisible(evidence)):
        return None
    says = f"{counted(len(rows), 'photo')} {_is(rows)} transparent everywhere, and so white to every model."
    return Finding(
        "invisible photos",
        "warn",
        says,
        [Case((evidence.paths[row],), "alpha 0 everywhere") for row in rows],
        "Save them again without alpha; --write-clean leaves them out.",
        cleaned=True,
    )


def unscaled_photos(evidence: Evidence) -> Finding | None:
    """Numbers of 12 bits, as cameras and scanners make them, in files whose white is that of 16 bits."""
    if not (rows := unscaled(evidence)):
        return None
    brightest = evidence.thumbnails.facts["brightest"]
    says = (
        f"{counted(len(rows), 'photo')} of 16 bits {'hold' if len(rows) > 1 else 'holds'} numbers of 12 bits or fewer: almost black, "
        f"with {TWELVE_BITS + 1} of 256 grey levels at most."
    )
    return Finding(
        "unscaled photos",
        "warn",
        says,
        [Case((evidence.paths[row],), f"brightest {brightest[row]} of 255") for row in rows],
        "Multiply their numbers by 16 (or stretch them to the full range) and save them again.",
    )


def flat_photos(evidence: Evidence) -> Finding | None:
    """Photos that show something, and with next to no contrast: thermal cameras use a sliver of 16 bits."""
    if not (rows := flat(evidence)):
        return None
    facts = evidence.thumbnails.facts
    says = (
        f"{counted(len(rows), 'photo')} {'have' if len(rows) > 1 else 'has'} {FEW} of 256 grey levels or fewer, close to each other: a "
        "model will hardly see what is there."
    )
    return Finding(
        "few grey levels",
        "warn",
        says,
        [Case((evidence.paths[row],), "{0.levels} grey levels, {0.darkest} to {0.brightest}".format(facts.iloc[row])) for row in rows],
        "Stretch their contrast, all in the same way, before they are saved with 8 bits.",
    )


def blank_photos(evidence: Evidence) -> Finding:
    rows = blank(evidence)
    says = (
        f"{counted(len(rows), 'photo')} {_is(rows)} of one colour and show{'s' * (len(rows) == 1)} nothing."
        if rows
        else "No photo is blank."
    )
    return Finding(
        "blank photos",
        "warn" if rows else "ok",
        says,
        [Case((evidence.paths[row],), "{:.0f} × {:.0f}".format(*evidence.sides[row])) for row in rows],
        "They teach nothing; --write-clean leaves them out.",
        cleaned=True,
    )


def damaged(evidence: Evidence) -> Rows:
    return _rows(evidence.thumbnails.facts["damage"].to_numpy() != "")


def invisible(evidence: Evidence) -> Rows:
    return _rows(evidence.thumbnails.facts["alpha"].to_numpy() == 0)


def unscaled(evidence: Evidence) -> Rows:
    facts = evidence.thumbnails.facts
    return _rows(((facts["depth"] > 8) & (facts["levels"] > 1) & (facts["brightest"] <= TWELVE_BITS)).to_numpy())


def flat(evidence: Evidence) -> Rows:
    facts = evidence.thumbnails.facts
    few = (facts["levels"] > 1) & (facts["levels"] <= FEW) & (facts["brightest"] - facts["darkest"] <= NARROW)
    return sorted({*_rows(few.to_numpy() & (evidence.spread >= STRUCTURE))} - {*unscaled(evidence)})


def blank(evidence: Evidence) -> Rows:
    """Photos of one colour that no other finding explains."""
    explained = {*unscaled(evidence), *invisible(evidence), *flat(evidence), *mask_rows(evidence)}
    return sorted({*_rows(evidence.spread < BLANK)} - explained)


def _rows(chosen: np.ndarray) -> Rows:
    return [int(row) for row in np.flatnonzero(chosen)]


def _is(rows: Rows) -> str:
    return "is" if len(rows) == 1 else "are"
