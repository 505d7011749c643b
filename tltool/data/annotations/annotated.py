"""``Annotated``: the photos of a folder with what is true of each, and everything in it that was left out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import NamedTuple, Self

from tltool.data.annotations.photos import Photo
from tltool.data.annotations.truths import Truth
from tltool.data.samples import Fault


class Labels(NamedTuple):
    """What a reader found.

    Attributes:
        truths: of every photo that the labels tell of, by its path.
        classes: in the format's own order.
        faults: photos and label files that cannot be used, and why.
        points: names of the points of an object, in order.
        flip_pairs: names of points that change places in a mirror, where the format says so.
        parts: train, validation or test, of the photos for which the format says so.
    """

    truths: dict[str, Truth]
    classes: list[str]
    faults: list[Fault]
    points: tuple[str, ...] = ()
    flip_pairs: tuple[tuple[str, str], ...] = ()
    parts: dict[str, str] = {}  # noqa: RUF012 - read only; a NamedTuple's default


@dataclass(frozen=True, eq=False)
class Annotated:
    """Photos, each with one truth and one part, in order of path.

    Attributes:
        where: the folder.
        form: how the labels are written, for people: "COCO JSON".
        photos, truths: as many of the one as of the other.
        parts: train, validation, test or "" of each photo, as the folder says.
        classes: in order; a label's place in it is the class index. Labels that are not among them are of a class that nobody names.
        points: names of the points of an object, in order.
        flip_pairs: names of points that change places in a mirror, where the labels say so.
        faults: photos and label files that were left out, and why.
        ignored: how many other files of each ending there are.
    """

    where: str
    form: str
    photos: list[Photo]
    truths: list[Truth]
    parts: list[str]
    classes: list[str]
    points: tuple[str, ...] = ()
    flip_pairs: tuple[tuple[str, str], ...] = ()
    faults: list[Fault] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.photos)

    @property
    def has_areas(self) -> bool:
        """Whether every pixel of a photo has a class."""
        return any(truth.areas for truth in self.truths)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks that the labels are fit for, the one that uses the most of them first."""
        objects = [truth.instances for truth in self.truths]
        known = [instance for instances in objects for instance in instances]
        if self.has_areas:
            return ("segment",)
        if not known:
            return ()
        masked = all(instance.mask or instance.box.crowd for instance in known)
        fit = {
            "landmarks": any(instance.points for instance in known) and max(map(len, objects)) == 1,
            "instances": masked,
            "segment": masked,
            "detect": True,
            "localize": all(len(instances) == 1 for instances in objects),
        }
        return tuple(task for task, fits in fit.items() if fits)

    def without(self, reasons: Sequence[str]) -> Self:
        """Only the photos for which there is no reason to leave them out, which is "" for them; the others become faults."""
        kept = [not reason for reason in reasons]
        faults = [Fault(photo.path, reason) for photo, reason in zip(self.photos, reasons, strict=True) if reason]
        return replace(
            self,
            photos=[*compress(self.photos, kept)],
            truths=[*compress(self.truths, kept)],
            parts=[*compress(self.parts, kept)],
            faults=sorted([*self.faults, *faults]),
        )

    def amounts(self) -> dict[str, tuple[int, int]]:
        """Of every class: the objects, or the pixels where every pixel has a class; and the photos with any."""
        amounts, photos = Counter[str](), Counter[str]()
        for truth in self.truths:
            amounts.update(box.label for box in truth.boxes)
            amounts.update({region.label: region.pixels for region in truth.areas.regions} if truth.areas else {})
            photos.update(truth.labels)
        return {label: (amounts[label], photos[label]) for label in dict.fromkeys([*self.classes, *sorted(amounts)])}
