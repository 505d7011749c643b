"""The same picture more than once: copies, near-duplicates, two labels for one picture, and pictures on both sides of a split."""

from collections import Counter
from collections.abc import Iterable, Sequence

from tltool.checks.evidence import Evidence, Rows, ranked
from tltool.checks.findings import Case, Finding
from tltool.data.samples import PARTS
from tltool.wording import counted, shown

MANY = 0.05  # share of the photos that are surplus copies, above which they weigh noticeably in what is learned
MOSTLY = 0.5  # share of a held-out part that is copied from another, above which it measures memory


def exact_duplicates(evidence: Evidence) -> Finding:
    surplus = sum(len(rows) - 1 for rows in evidence.copies)
    says = (
        f"{counted(surplus, 'file')} repeat{'s' * (surplus == 1)} the content of another, byte for byte."
        if surplus
        else "No two files have the same content."
    )
    return Finding(
        "exact duplicates",
        _verdict(surplus, len(evidence.paths)),
        says,
        [Case(_paths(evidence, rows), _labels(evidence, rows)) for rows in _largest_first(evidence.copies)],
        "Copies stay in one part when tltool splits, but weigh more than once; --write-clean keeps the first.",
        brief=_brief(surplus, "exact duplicate"),
        facts={"surplus": surplus},
        cleaned=True,
    )


def near_duplicates(evidence: Evidence) -> Finding:
    groups = [_distinct(evidence, group.rows) for group in evidence.alike]
    groups = [rows for rows in groups if len(rows) > 1]
    surplus = sum(len(rows) - 1 for rows in groups)
    says = (
        f"{counted(surplus, 'photo')} look{'s' * (surplus == 1)} nearly like another: resized, saved again, or a moment later."
        if surplus
        else "No photo looks nearly like another."
    )
    cases = [Case(_paths(evidence, rows), f"{_labels(evidence, rows)}, {_how_alike(evidence, rows)}") for rows in _largest_first(groups)]
    return Finding(
        "near-duplicates",
        _verdict(surplus, len(evidence.paths)),
        says,
        cases,
        "They stay in one part when tltool splits; many of them make a small variety look large.",
        brief=_brief(surplus, "near-duplicate"),
        facts={"surplus": surplus, "groups": len(groups)},
    )


def two_labels(evidence: Evidence) -> Finding:
    """One picture that is labelled as two classes; whichever is wrong, the model learns it."""
    found = [rows for rows in evidence.bundles if len({evidence.labels[row] for row in rows}) > 1]
    found.sort(key=lambda rows: (-_likeness(evidence, rows), rows))
    exact = sum(len({evidence.labels[row] for row in rows}) > 1 for rows in evidence.copies)
    amounts = [f"{n:,} {how}" for n, how in ((exact, "byte for byte"), (len(found) - exact, "nearly")) if n > 0]
    says = (
        f"{counted(len(found), 'picture')} {'has' if len(found) == 1 else 'have'} more than one label ({', '.join(amounts)})."
        if found
        else "No picture has two labels."
    )
    cases = [
        Case(_paths(evidence, _one_of_each(evidence.labels, rows)), f"{_labels(evidence, rows)}, {_how_alike(evidence, rows)}")
        for rows in found
    ]
    return Finding(
        "two labels",
        "warn" if found else "ok",
        says,
        cases,
        "Decide which label is right and take the other file away; --write-clean leaves both sides out.",
        facts={"pictures": len(found), "exact": exact},
        cleaned=True,
    )


def leaks(evidence: Evidence) -> Finding:
    """Pictures, or groups that the user names, in more than one part of the split that was given."""
    sizes = Counter(part for part in evidence.parts if part)
    if len(sizes) < 2:
        return Finding("leaks", "ok", "The photos are not divided yet; tltool keeps duplicates in one part when it divides them.")
    found = [rows for rows in evidence.units if len({evidence.parts[row] for row in rows} - {""}) > 1]
    found.sort(key=lambda rows: (-_likeness(evidence, rows), rows))
    touched: dict[str, set[int]] = {part: set() for part in PARTS[1:] if sizes[part]}
    for rows in found:
        nearest = min(ranked(evidence.parts[row]) for row in rows if evidence.parts[row])
        for row in rows:
            if ranked(evidence.parts[row]) > nearest:
                touched[evidence.parts[row]].add(row)
    exact = {part: len(_seen_elsewhere(evidence, part)) for part in touched}
    worst = max((exact[part] / sizes[part] for part in exact), default=0.0)
    says = "No picture is in two parts of the split."
    if found:
        amounts = [f"{len(rows):,} of {counted(sizes[part], f'{part} photo')}" for part, rows in touched.items() if rows]
        says = (
            f"{' and '.join(amounts)} {'are' if sum(map(len, touched.values())) > 1 else 'is'} in another part too, "
            f"{sum(exact.values()):,} exactly; that flatters the measurement."
        )
    cases = [
        Case(_paths(evidence, _one_of_each(evidence.parts, rows, PARTS)), f"{_parts(evidence, rows)}, {_how_alike(evidence, rows)}")
        for rows in found
    ]
    return Finding(
        "leaks",
        "stop" if worst >= MOSTLY else "warn" if found else "ok",
        says,
        cases,
        "A given split is never changed; --write-clean leaves the copies out of train.",
        facts={part: {"photos": sizes[part], "in another part": len(rows), "exactly": exact[part]} for part, rows in touched.items()},
        cleaned=True,
    )


def _verdict(surplus: int, photos: int) -> str:
    return "warn" if surplus > MANY * photos else "ok"


def _brief(n: int, noun: str) -> str:
    return counted(n, noun) if n else ""


def _likeness(evidence: Evidence, rows: Rows) -> float:
    """How like each other ``rows`` are at least: 2 for one content, 0–1 for a near-duplicate, -1 for a group that the user names."""
    if len({evidence.contents[row] for row in rows}) == 1:
        return 2.0
    return min((evidence.likeness.get(row, -1.0) for row in rows), default=-1.0)


def _how_alike(evidence: Evidence, rows: Rows) -> str:
    likeness = _likeness(evidence, rows)
    return "byte for byte" if likeness > 1 else f"likeness {likeness:.2f}" if likeness >= 0 else f"group {shown(_group(evidence, rows))}"


def _group(evidence: Evidence, rows: Rows) -> str:
    return evidence.samples.table["group"][rows[0]]


def _seen_elsewhere(evidence: Evidence, part: str) -> list[int]:
    below = {content for content, other in zip(evidence.contents, evidence.parts) if 0 < ranked(other) < ranked(part)}
    return [row for row, (content, own) in enumerate(zip(evidence.contents, evidence.parts)) if own == part and content in below]


def _distinct(evidence: Evidence, rows: Iterable[int]) -> Rows:
    """One row of each content, in order."""
    first: dict[str, int] = {}
    for row in rows:
        first.setdefault(evidence.contents[row], row)
    return list(first.values())


def _one_of_each(values: Sequence[str], rows: Rows, order: Sequence[str] = ()) -> Rows:
    """``rows`` with one of every value in front, so that whoever sees only the first few sees what differs."""
    first: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: order.index(values[row]) if values[row] in order else len(order)):
        first.setdefault(values[row], row)
    front = dict.fromkeys(first.values())
    return [*front, *(row for row in rows if row not in front)]


def _largest_first(groups: Iterable[Rows]) -> list[Rows]:
    return sorted(groups, key=lambda rows: (-len(rows), rows))


def _paths(evidence: Evidence, rows: Iterable[int]) -> tuple[str, ...]:
    return tuple(evidence.paths[row] for row in rows)


def _labels(evidence: Evidence, rows: Rows) -> str:
    counts = Counter(evidence.labels[row] for row in rows)
    return " / ".join(shown(name) if n == 1 or len(counts) == 1 else f"{shown(name)} ×{n}" for name, n in counts.most_common())


def _parts(evidence: Evidence, rows: Rows) -> str:
    return " / ".join(part for part in PARTS if any(evidence.parts[row] == part for row in rows))
