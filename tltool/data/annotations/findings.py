"""What is odd about labels: a pure function of what was read, which opens no file."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from tltool.data.annotations.annotated import Annotated
from tltool.data.annotations.fields import FORGOTTEN, MISFIT, NO_PHOTO, NOT_THERE
from tltool.data.annotations.photos import Photo
from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.data.samples import Fault
from tltool.wording import quoted

OUTSIDE = 1.0  # pixels that a box or a point may lead out of its photo: rounding
IMBALANCE = 100  # times as many objects, or pixels, as the rarest class has

Look = Callable[[Truth, Annotated], Iterable[str]]


class Finding(NamedTuple):
    """One kind of oddity: its name, and every photo or file that it concerns with the end of a sentence about it."""

    name: str
    cases: list[Fault]


def faults_of(annotated: Annotated) -> list[Finding]:
    """Everything that is odd about labels, each kind that occurs once."""
    looked = {name: [*_of_truths(annotated, look)] for name, look in LOOKS.items()}
    left_out = {name: [fault for fault in annotated.faults if fault.reason.startswith(begins)] for name, begins in LEFT_OUT.items()}
    whole = {
        "classes without objects": [*_without_objects(annotated)],
        "imbalance": [*_imbalance(annotated)],
        "one photo with two sets of labels": [*_contradictions(annotated)],
    }
    return [Finding(name, cases) for name, cases in (looked | left_out | whole).items() if cases]


def _of_truths(annotated: Annotated, look: Look) -> Iterator[Fault]:
    for photo, truth in zip(annotated.photos, annotated.truths, strict=True):
        reasons = [*look(truth, annotated)]
        if reasons:
            more = f", and {len(reasons) - 1} more" if len(reasons) > 1 else ""
            yield Fault(photo.path, f"has {reasons[0]}{more}")


def _outside(truth: Truth, annotated: Annotated) -> Iterator[str]:
    for box in truth.boxes:
        beyond = max(-box.left, -box.top, box.right - truth.width, box.bottom - truth.height)
        if beyond > OUTSIDE:
            yield f"a box that leads {beyond:.0f} pixels out of it, {_told(box)}"


def _empty(truth: Truth, annotated: Annotated) -> Iterator[str]:
    for instance in truth.instances:
        box = instance.box
        if (box.right == box.left or box.bottom == box.top) and len(instance.points) != 1:
            yield f"a box of no area, {_told(box)}"


def _turned_around(truth: Truth, annotated: Annotated) -> Iterator[str]:
    return (f"a box that ends before it begins, {_told(box)}" for box in truth.boxes if box.right < box.left or box.bottom < box.top)


def _twice(truth: Truth, annotated: Annotated) -> Iterator[str]:
    """The same box again, whatever its class."""
    again = Counter(box.corners for box in truth.boxes)
    first = {box.corners: box for box in reversed(truth.boxes)}
    return (f"{n} times the same box, {_told(first[place])}" for place, n in again.items() if n > 1)


def _unnamed(truth: Truth, annotated: Annotated) -> Iterator[str]:
    known = set(annotated.classes)
    return (f"a label that no class is called, {quoted(label)}" for label in truth.labels if label not in known)


def _points_outside(truth: Truth, annotated: Annotated) -> Iterator[str]:
    for instance in truth.instances:
        for name, x, y, _ in instance.points:
            if max(-x, -y, x - truth.width, y - truth.height) > OUTSIDE:
                yield f"{quoted(name)} outside of it, at {x:.0f}, {y:.0f}"


def _without_objects(annotated: Annotated) -> Iterator[Fault]:
    amounts = annotated.amounts()
    return (Fault(annotated.where, f"names {quoted(name)}, of which there is none") for name in annotated.classes if not amounts[name][0])


def _imbalance(annotated: Annotated) -> Iterator[Fault]:
    amounts = {name: n for name, (n, _) in annotated.amounts().items() if n}
    if amounts and (most := max(amounts.values())) >= IMBALANCE * min(amounts.values()):
        rarest, commonest = min(amounts, key=amounts.__getitem__), max(amounts, key=amounts.__getitem__)
        yield Fault(annotated.where, f"has {most:,} of {quoted(commonest)} and {amounts[rarest]:,} of {quoted(rarest)}")


def _contradictions(annotated: Annotated) -> Iterator[Fault]:
    """Copies of a photo that are labelled otherwise, but for rounding."""
    copies: dict[str, list[tuple[Photo, Truth]]] = defaultdict(list)
    for photo, truth in zip(annotated.photos, annotated.truths, strict=True):
        copies[photo.sha256].append((photo, truth))
    for (first, truth), *others in copies.values():
        for photo, other in others:
            if _outline(truth) != _outline(other):
                yield Fault(photo.path, f"has the content of {quoted(first.path)}, and other labels")


def _outline(truth: Truth) -> object:
    """What makes labels the same: classes, boxes and points to the pixel, and how much of a photo each class has."""
    areas = [region[:1] + region[2:] for region in truth.areas.regions] if truth.areas else []
    return sorted(map(_rounded, truth.instances)), areas


def _rounded(instance: Instance) -> tuple[object, ...]:
    points = [(name, round(x), round(y)) for name, x, y, _ in instance.points]
    return (instance.box.label, *map(round, instance.box.corners), points)


def _told(box: Box) -> str:
    return f"{quoted(box.label)} from {box.left:.0f}, {box.top:.0f} to {box.right:.0f}, {box.bottom:.0f}"


LOOKS: dict[str, Look] = {
    "boxes outside": _outside,
    "boxes of no area": _empty,
    "boxes turned around": _turned_around,
    "boxes twice": _twice,
    "classes that nobody names": _unnamed,
    "points outside": _points_outside,
}
LEFT_OUT: dict[str, str | tuple[str, ...]] = {  # how the reasons of those that were left out begin
    "photos without labels": FORGOTTEN,
    "labels without photos": (NO_PHOTO, NOT_THERE),
    "masks that do not fit": MISFIT,
}
