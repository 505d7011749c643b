"""What can be wrong with several labels: slips of the finger, labels that say the same, and photos with one label each, or none."""

from collections import defaultdict
from difflib import get_close_matches

from tltool.checks.evidence import Evidence
from tltool.checks.findings import Case, Finding
from tltool.wording import counted, quoted, shown


def single_labels(evidence: Evidence) -> Finding:
    """Labels of one photo, which nobody can learn: often another label, spelled otherwise."""
    single = sorted(name for name, n in evidence.counts.items() if n == 1)
    others = [name for name in evidence.counts if name not in single]
    path = {name: path for path, names in zip(evidence.paths, evidence.names, strict=True) for name in names}
    cases = [
        Case((path[name],), shown(name) + "".join(f", or {shown(near)}?" for near in get_close_matches(name, others, 1))) for name in single
    ]
    says = (
        f"{counted(len(single), 'label')} {'has' if len(single) == 1 else 'have'} one photo: {', '.join(map(quoted, single[:3]))}"
        f"{', …' if len(single) > 3 else ''}."
        if single
        else "Every label has several photos."
    )
    advice = "Nothing can be learned from one photo: correct the spelling, add photos, or take the label out."
    return Finding("single labels", "warn" if single else "ok", says, cases, advice)


def labels_together(evidence: Evidence) -> Finding:
    """Labels that the same photos have, so that nothing tells them apart."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, names in enumerate(evidence.names):
        for name in names:
            rows[name].append(row)
    together: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for name in sorted(rows):
        together[tuple(rows[name])].append(name)
    found = [(names, places) for places, names in together.items() if len(names) > 1 and len(places) > 1]
    cases = [
        Case(tuple(evidence.paths[row] for row in places), f"{' and '.join(map(shown, names))}: {counted(len(places), 'photo')}")
        for names, places in found
    ]
    says = (
        f"{counted(len(found), 'group')} of labels always {'comes' if len(found) == 1 else 'come'} together: "
        f"{' and '.join(map(quoted, found[0][0]))}{', …' if len(found) > 1 else ''}."
        if found
        else "No two labels always come together."
    )
    return Finding("labels together", "warn" if found else "ok", says, cases, "A model cannot tell them apart: keep one of them.")


def labels_per_photo(evidence: Evidence) -> Finding:
    """How many labels photos have; where all have exactly one, they are classes."""
    amounts, none = [len(names) for names in evidence.names], sum(not names for names in evidence.names)
    is_classify = set(amounts) == {1}
    says = (
        "Every photo has exactly one label, so this is --task classify: one class for each photo."
        if is_classify
        else f"A photo has {sum(amounts) / len(amounts):.1f} labels on average and {max(amounts)} at most; {counted(none, 'photo')} of "
        f"{len(amounts):,} {'has' if none == 1 else 'have'} none."
    )
    return Finding(
        "labels per photo",
        "warn" if is_classify else "ok",
        says,
        [Case((path,), "no label") for path, names in zip(evidence.paths, evidence.names, strict=True) if not names],
        "Say --task classify, with a column label: classes that exclude each other are told apart better." if is_classify else "",
        brief=f"{sum(amounts) / len(amounts):.1f} labels per photo" + (f", {none} without" if none else ""),
        facts={"mean": round(sum(amounts) / len(amounts), 4), "most": max(amounts), "without": none},
    )


CHECKS = (single_labels, labels_together, labels_per_photo)
