"""Photos that belong together: by content, by group, by looks; and groups read out of file names."""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tltool.data.samples import Samples
from tltool.errors import DataError, SpecError
from tltool.progress import say, warn
from tltool.wording import counted, quoted

Alike = Sequence[Sequence[int]]  # groups of rows that look alike


def group_by(samples: Samples, pattern: str | None) -> Samples:
    """Give photos of one patient, burst or place one group, which stays in one part.

    Args:
        pattern: a regular expression, sought in the path below the class folder (``patient12_1.jpg``, ``patient12/1.jpg``), or below the
            folder that all photos of a list share. The group is what its first group that matched holds, or else the whole match.
            A photo that already has a group, from the column of a list, keeps it; one without a match stays alone. None changes nothing.

    Raises:
        SpecError: no regular expression.
        DataError: it matches no photo, or puts all of them into one group.
    """
    if pattern is None:
        return samples
    try:
        search = re.compile(pattern).search
    except (re.error, RecursionError, OverflowError) as error:
        raise SpecError(f"--group-by must be a regular expression. Received: {pattern!r} ({error}).") from None
    names = _names_below(samples)
    found = [_group_in(search(name)) for name in names]
    if not any(found):
        raise DataError(
            f"--group-by must match the names of photos. Received: {pattern!r}, which matches none of {len(names)}, such as "
            f"{quoted(names[0])}."
        )
    groups = [given or read for given, read in zip(samples.table["group"], found, strict=True)]
    if len(set(groups)) == 1:
        raise DataError(
            f"--group-by must tell photos apart. Received: {pattern!r}, which gives all {len(names)} of them the group {quoted(groups[0])}."
        )
    _report(groups, names)
    return replace(samples, table=samples.table.assign(group=groups))


def bind(samples: Samples, alike: Alike = ()) -> list[list[int]]:
    """Rows that share a content, a group or their looks, directly or through others: connected components, by union and find.

    Args:
        alike: groups of rows that look alike, as ``likeness.find_alike`` finds them.

    Returns:
        Every row once, lists in the order of their first rows.
    """
    parent = list(range(len(samples)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = row = parent[parent[row]]
        return row

    def join(one: int, other: int) -> None:
        parent[root(one)] = root(other)

    first: dict[tuple[str, str], int] = {}
    for column in ("sha256", "group"):
        for row, value in enumerate(samples.table[column]):
            if value:
                join(row, first.setdefault((column, value), row))
    for rows in alike:
        for row in rows[1:]:
            join(row, rows[0])
    together = defaultdict(list)
    for row in range(len(samples)):
        together[root(row)].append(row)
    return sorted(together.values())


def number_groups(samples: Samples, alike: Alike = ()) -> np.ndarray:
    """The number of each row's group among those that ``bind`` gives, int64 [n]."""
    numbers = np.empty(len(samples), np.int64)
    for number, rows in enumerate(bind(samples, alike)):
        numbers[rows] = number
    return numbers


def _names_below(samples: Samples) -> list[str]:
    """Each path below its class folder: what follows the first folder named like the label, below the folder that all share."""
    paths = samples.paths
    shared = os.path.commonpath([os.path.dirname(path) for path in paths])
    names = []
    for path, label in zip(paths, samples.table["label"], strict=True):
        parts = os.path.relpath(path, shared).split(os.sep)
        names.append("/".join(parts[parts.index(label) + 1 :] if label in parts[:-1] else parts))
    return names


def _group_in(match: re.Match[str] | None) -> str:
    if match is None:
        return ""
    return next((held for held in match.groups() if held), "" if match.groups() else match.group())


def _report(groups: list[str], names: list[str]) -> None:
    sizes = Counter(group for group in groups if group)
    largest, most = sizes.most_common(1)[0]
    say(f"--group-by finds {counted(len(sizes), 'group')} of {sum(sizes.values())} photos; the largest is {quoted(largest)} with {most}.")
    if alone := [name for name, group in zip(names, groups, strict=True) if not group]:
        warn(
            f"{len(alone)} of {len(names)} photos do not match --group-by, and each stays alone: {', '.join(map(quoted, alone[:3]))}"
            f"{', …' if len(alone) > 3 else ''}."
        )
