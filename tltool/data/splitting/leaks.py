"""What a split lets through: photos that lie on both sides of it, parts that are too small to say much."""

from collections import defaultdict
from typing import NamedTuple

from tltool.data.samples import Samples
from tltool.data.splitting.groups import Alike
from tltool.intervals import wilson
from tltool.progress import warn
from tltool.task import task_named
from tltool.wording import shown

FEW_PHOTOS = 20  # below this many, a part says little
FEW_OF_A_CLASS = 5
KINDS = {"content": "{}s lie, with the same content,", "group": "groups lie", "alike": "{}s lie, nearly the same,"}


class Leak(NamedTuple):
    """Photos in more than one part that have the same ``content`` or ``group``, or look ``alike``."""

    kind: str
    paths: list[str]


def find_leaks(samples: Samples, alike: Alike = ()) -> list[Leak]:
    """What lies in more than one part; exact copies are not named again among those that look alike.

    Args:
        alike: groups of rows that look alike, as ``likeness.find_alike`` finds them.
    """
    paths, parts, hashes = samples.paths, samples.table["split"].tolist(), samples.table["sha256"].tolist()
    together: dict[tuple[str, str], list[int]] = defaultdict(list)
    for kind, column in (("content", "sha256"), ("group", "group")):
        for row, value in enumerate(samples.table[column]):
            if value:
                together[kind, value].append(row)
    found = [Leak(kind, [paths[row] for row in rows]) for (kind, _), rows in together.items() if len({parts[row] for row in rows}) > 1]
    return found + [
        Leak("alike", [paths[row] for row in rows])
        for rows in alike
        if len({parts[row] for row in rows}) > 1 and len({hashes[row] for row in rows}) > 1
    ]


def warn_of_leaks(samples: Samples, alike: Alike = ()) -> None:
    """Say so, kind by kind, when the split that was given has leaks. Nothing is moved."""
    leaks = find_leaks(samples, alike)
    for kind, lie in KINDS.items():
        if its := [leak for leak in leaks if leak.kind == kind]:
            warn(
                f"{len(its)} {lie.format(samples.kind)} in more than one part of the split that was given, which flatters the "
                f"measurement; the first: {', '.join(map(shown, its[0].paths[:3]))}."
            )


def warn_of_few(samples: Samples) -> None:
    """Say so when a part or a class has too few photos to measure by, and how wide the interval will be."""
    parts = {part: len(samples.rows(part)) for part in ("validation", "test")}
    small = [f"{n} {part}" for part, n in parts.items() if 0 < n < FEW_PHOTOS]
    if small and samples.is_located:
        warn(f"There are only {' and '.join(small)} photos, and what is measured on so few says little. Add photos.")
    elif small:
        least = min(n for n in parts.values() if n)
        low, high = wilson(round(0.9 * least), least)
        can_cross = samples.kind == "photo" and task_named(samples.task).labels.EXCLUSIVE
        advice = "; tltool finetune --folds 5 measures on all of them" if can_cross else ""
        warn(
            f"There are only {' and '.join(small)} {samples.kind}s: {round(0.9 * least)} right of {least} may mean an accuracy anywhere "
            f"from {low:.2f} to {high:.2f}. Add {samples.kind}s{advice}."
        )
    sizes = {name: sum(amounts.values()) for name, amounts in samples.counts().items()}
    if few := [name for name, n in sizes.items() if n < FEW_OF_A_CLASS]:
        warn(
            f"{len(few)} of {len(sizes)} classes have fewer than {FEW_OF_A_CLASS} {samples.kind}s: "
            + ", ".join(f"{shown(name)} ({sizes[name]})" for name in few[:10])
            + (", …." if len(few) > 10 else ".")
        )
