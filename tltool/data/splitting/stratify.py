"""Who goes where: photos that stay together, placed so that every class fills its quota of every part. Pure arithmetic."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

Held = Mapping[str, Counter[str]]  # photos of each class that are in a part already


class Unit(NamedTuple):
    """Photos that stay together because they share a content, a group or their looks."""

    order: str  # the hash that decides who is chosen first
    rows: list[int]
    classes: Counter[str]


def place(units: list[Unit], fractions: Mapping[str, float], held: Held) -> list[str]:
    """A part for every unit, in their order: whatever still fits the quotas of all its classes, and the rest to train.

    Args:
        units: in the order in which they are chosen.
        fractions: share of the photos, those in ``held`` among them, for each held-out part (0–1).
        held: what is in the parts already and stays there.
    """
    placed = ["train"] * len(units)
    for part, quota in _quotas(units, fractions, held).items():
        for i, unit in enumerate(units):
            if placed[i] == "train" and all(quota[name] >= n for name, n in unit.classes.items()):
                placed[i] = part
                quota.subtract(unit.classes)
    _fill_gaps(units, placed, fractions, held)
    return placed


def place_sets(units: list[Unit], fractions: Mapping[str, float], held: Held) -> list[str]:
    """``place`` for photos with any number of classes, also none, by iterative stratification: the class with the fewest photos left is
    placed next, each of its photos in the part that lacks most of that class or, of equals, most photos at all (Sechidis, Tsoumakas and
    Vlahavas 2011, "On the stratification of multi-label data").

    Photos that ``place`` takes while all their quotas have room would use up the frequent classes and leave the rare ones short.
    """
    lacks = {"train": Counter[str](), **_quotas(units, fractions, held)}
    for name, n in _photos(units).items():
        lacks["train"][name] = n - sum(lacks[part][name] for part in fractions)
    total = sum(len(unit.rows) for unit in units)
    room = {part: total * fractions.get(part, 1 - sum(fractions.values())) for part in lacks}
    placed, left = [""] * len(units), _photos(units)
    while waiting := [i for i, part in enumerate(placed) if not part]:
        name = min((name for name in left if left[name]), key=lambda name: (left[name], name), default="")
        for i in [i for i in waiting if not name or name in units[i].classes]:
            placed[i] = part = max(lacks, key=lambda part: (lacks[part][name], room[part]))
            lacks[part].subtract(units[i].classes)
            left.subtract(units[i].classes)
            room[part] -= len(units[i].rows)
    _fill_gaps(units, placed, fractions, held)
    return placed


def _quotas(units: list[Unit], fractions: Mapping[str, float], held: Held) -> dict[str, Counter[str]]:
    """Photos of each class that each held-out part still takes."""
    quotas: dict[str, Counter[str]] = {part: Counter() for part in fractions}
    choices = Counter(name for unit in units for name in unit.classes)
    for name, n in _photos(units).items():
        lacking, total = _lacking(name, fractions, held), n + sum(counts[name] for counts in held.values())
        for part, fraction in fractions.items():
            needed = lacking.index(part) + 1 if part in lacking else len(lacking) + 1
            short = int(total * fraction + 0.5) - held[part][name]
            quotas[part][name] = max(0, short) if choices[name] >= needed else 0
        while sum(quota[name] for quota in quotas.values()) > n - ("train" in lacking):  # one stays for train
            max(quotas.values(), key=lambda quota: quota[name])[name] -= 1
    return quotas


def _fill_gaps(units: list[Unit], placed: list[str], fractions: Mapping[str, float], held: Held) -> None:
    """Where a quota rounds to nothing or no unit fits it, the smallest unit that train can spare stands for the class."""
    choices = Counter(name for unit in units for name in unit.classes)
    spare = Counter(name for unit, part in zip(units, placed, strict=True) if part == "train" for name in unit.classes)
    spare.update(name for name, n in held["train"].items() if n)
    for part in fractions:
        present = {name for unit, its in zip(units, placed, strict=True) if its == part for name in unit.classes}
        lacks = {name: _lacking(name, fractions, held) for name in sorted(choices)}
        for name, lacking in lacks.items():
            if part not in lacking or name in present or choices[name] <= lacking.index(part):
                continue
            able = [
                i
                for i, unit in enumerate(units)
                if placed[i] == "train" and name in unit.classes and all(spare[other] > 1 for other in unit.classes)
            ]
            if able:
                best = min(able, key=lambda i: len(units[i].rows))
                placed[best] = part
                spare.subtract(units[best].classes.keys())
                present |= units[best].classes.keys()


def _lacking(name: str, fractions: Mapping[str, float], held: Held) -> list[str]:
    """The parts that have no photo of a class yet, the most needed first."""
    return [part for part in ("train", *fractions) if not held[part][name]]


def _photos(units: list[Unit]) -> Counter[str]:
    photos: Counter[str] = Counter()
    for unit in units:
        photos.update(unit.classes)
    return photos
