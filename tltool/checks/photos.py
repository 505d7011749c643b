"""What is odd about how the photos look: of another shape or size than the rest, grey among colour, of a doubtful label."""

from collections import Counter

import numpy as np

from tltool.checks.evidence import Evidence
from tltool.checks.findings import Case, Finding
from tltool.wording import counted, quoted, shown

GREY = 1.0  # mean grey levels between the channels: what JPEG leaves in a photo without colour
FACTOR = 2.0  # a photo of less than double or half the usual is no outlier, however alike the others are
MOSTLY, HARDLY = 0.5, 0.1  # of a class and of the others: grey photos that give the class away


def label_doubts(evidence: Evidence) -> Finding | None:
    """Photos that look like another class to a classifier that has not seen them (``doubts.find_doubts``)."""
    if evidence.doubts is None:
        return None
    names, doubts = evidence.samples.classes, evidence.doubts
    says = (
        f"{counted(len(doubts), 'photo')} look{'s' * (len(doubts) == 1)} like another class than the label says."
        if doubts
        else "No label is contradicted by what the photo shows."
    )
    cases = [Case((evidence.paths[doubt.row],), f"{shown(names[doubt.given])} → {shown(names[doubt.suggested])}?") for doubt in doubts]
    return Finding(
        "doubtful labels",
        "warn" if doubts else "ok",
        says,
        cases,
        "Look at them, the worst first, and correct what is wrong; many will be right and merely unusual.",
        facts={"doubts": [round(float(doubt.doubt), 4) for doubt in doubts]},
    )


def odd_shapes(evidence: Evidence) -> Finding:
    """Photos far longer than the others, whether wide or tall: cropped to a square, they lose most of what they show."""
    length = np.log2(evidence.sides.max(axis=1) / evidence.sides.min(axis=1))
    odd = [row for row in outliers(length) if length[row] > np.median(length)]
    says = (
        f"{counted(len(odd), 'photo')} {'is' if len(odd) == 1 else 'are'} far wider or taller than the others; the centre square that "
        "--fit crop keeps may miss what matters."
        if odd
        else "No photo's shape is out of the ordinary."
    )
    return Finding("odd shapes", "warn" if odd else "ok", says, _single(evidence, odd), "Crop them by hand, or train with --fit pad.")


def odd_sizes(evidence: Evidence) -> Finding:
    side = np.sqrt(evidence.sides.prod(axis=1))
    odd = outliers(np.log2(side))
    typical = evidence.sides[np.argsort(side)[len(side) // 2]].astype(int)
    says = f"A typical photo has {typical[0]:,} × {typical[1]:,} pixels; {f'{len(odd):,}' if odd else 'none'} far more or less."
    return Finding(
        "odd sizes",
        "ok",
        says,
        _single(evidence, odd),
        facts={"typical": typical.tolist(), "smallest": int(side.min()), "largest": int(side.max())},
    )


def small_photos(evidence: Evidence) -> Finding | None:
    """Photos that must be enlarged, so that the model sees blur where it learned to expect detail."""
    if evidence.size is None:
        return None
    small = [int(row) for row in np.flatnonzero(evidence.sides.min(axis=1) < evidence.size)]
    small.sort(key=lambda row: evidence.sides[row].min())
    many, fitting = len(small) > len(evidence.paths) / 2, _size_for(evidence)
    says = (
        f"{counted(len(small), 'photo')} {'is' if len(small) == 1 else 'are'} smaller than what the model will see ({evidence.size} "
        f"pixels), and will be enlarged."
        if small
        else f"Every photo is as large as what the model will see ({evidence.size} pixels)."
    )
    return Finding(
        "small photos",
        "warn" if many else "ok",
        says,
        _single(evidence, small),
        f"Train closer to their own size: --size {fitting}" if many and fitting < evidence.size else "",
    )


def grey_photos(evidence: Evidence) -> Finding:
    """Grey among colour does no harm, unless it tells the classes apart: then the model learns that instead."""
    grey = evidence.colour < GREY
    rows, total = [int(row) for row in np.flatnonzero(grey)], len(grey)
    if not rows or len(rows) == total:
        return Finding("grey photos", "ok", "No photo is without colour." if not rows else "All photos are without colour.")
    by_class, sizes = Counter(name for row in rows for name in evidence.names[row]), evidence.counts
    giving_away = [name for name, n in by_class.items() if n >= MOSTLY * sizes[name] and len(rows) - n <= HARDLY * (total - sizes[name])]
    says = f"{counted(len(rows), 'photo')} of {total:,} {'is' if len(rows) == 1 else 'are'} without colour."
    if giving_away:
        says += f" Most of class {quoted(giving_away[0])} are, and hardly any other: the model may learn that instead."
    return Finding(
        "grey photos",
        "warn" if giving_away else "ok",
        says,
        _single(evidence, rows),
        "Add colour photos of that class, or make all photos grey." if giving_away else "",
        facts=dict(by_class),
    )


def outliers(values: np.ndarray) -> list[int]:
    """Places of values [n] on a log2 scale that lie more than three interquartile ranges outside the quartiles (Tukey's "far out",
    Exploratory Data Analysis, 1977) and at least a factor of ``FACTOR`` from the median; the farthest first."""
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    reach = 3 * (high - low)
    far = (values < low - reach) | (values > high + reach)
    distance = np.abs(values - middle)
    found = np.flatnonzero(far & (distance >= np.log2(FACTOR)))
    return [int(row) for row in found[np.argsort(-distance[found], kind="stable")]]


def _size_for(evidence: Evidence) -> int:
    """What most photos fill, in steps of 32 pixels."""
    return max(32, int(np.quantile(evidence.sides.min(axis=1), 0.25)) // 32 * 32)


def _single(evidence: Evidence, rows: list[int]) -> list[Case]:
    """Every photo for itself, with its size in pixels."""
    return [Case((evidence.paths[row],), "{:.0f} × {:.0f}".format(*evidence.sides[row])) for row in rows]
