"""Whether there is enough of every class to learn from, and how evenly."""

from collections import defaultdict

from tltool.checks.evidence import Evidence
from tltool.checks.findings import Case, Finding
from tltool.wording import counted, quoted, shown

FEW = 20  # photos of a class, below which its test photos are a handful and luck decides
UNEVEN = 10.0  # largest to smallest class, above which the small ones are hardly learned


def classes(evidence: Evidence) -> Finding:
    """What keeps a training from starting at all."""
    present = evidence.counts
    stops = [Case((), f"class {quoted(name)} has no readable photo") for name in _without_photos(evidence)]
    stops += [Case((), f"class {quoted(name)} has no photo in train") for name in _without_train(evidence)]
    advice = "Add photos, or take the class out." if stops else "Add photos."
    if len(present) == 1 and not evidence.samples.is_located:
        stops.append(Case((), f"there is only one class, {quoted(next(iter(present)))}; telling apart takes two"))
    if not stops and "validation" not in evidence.parts and not _has_a_second(evidence):
        stops.append(Case((), "no class has a second photo to choose the model by"))
    says = f"{counted(len(present), 'class')}, each with photos to learn from."
    if stops:
        says = f"{stops[0].note[0].upper()}{stops[0].note[1:]}"
        says += f", and {counted(len(stops) - 1, 'more fault')}." if len(stops) > 1 else "."
    return Finding(
        "classes",
        "stop" if stops else "ok",
        says,
        stops,
        advice,
        facts={"photos": dict(present.most_common()), "without a photo": _without_photos(evidence)},
    )


def class_names(evidence: Evidence) -> Finding | None:
    """Names that a slip of the finger made two."""
    spelled = defaultdict(list)
    for name in sorted(evidence.counts):
        spelled["".join(sign for sign in name.casefold() if sign.isalnum()) or name].append(name)
    twins = [names for names in spelled.values() if len(names) > 1]
    if not twins:
        return None
    cases = [Case((), " / ".join(map(quoted, names))) for names in twins]
    return Finding(
        "class names",
        "warn",
        f"{counted(len(twins), 'name')} of a class {'is' if len(twins) == 1 else 'are'} spelled in "
        f"more than one way, and so taken for several classes: {cases[0].note}.",
        cases,
        "Give them one name.",
    )


def small_classes(evidence: Evidence) -> Finding:
    few = [(name, n) for name, n in sorted(evidence.counts.items(), key=lambda item: item[1]) if n < FEW]
    says = (
        f"{counted(len(few), 'class')} {'has' if len(few) == 1 else 'have'} fewer than {FEW} photos; the smallest, "
        f"{quoted(few[0][0])}, has {few[0][1]}."
        if few
        else f"Every class has {FEW} photos or more."
    )
    return Finding(
        "small classes",
        "warn" if few else "ok",
        says,
        [Case((), f"{shown(name)}: {counted(n, 'photo')}") for name, n in few],
        "Measured on so few photos, an accuracy is mostly luck; add photos.",
    )


def imbalance(evidence: Evidence) -> Finding | None:
    counts = evidence.counts.most_common()
    if len(counts) < 2:
        return None
    (largest, most), (smallest, least) = counts[0], counts[-1]
    ratio, baseline = most / least, most / len(evidence.labels)
    share = f"{baseline:.{2 if baseline >= 0.1 else 3}f}"
    uneven = (
        f"{ratio:.1f} : 1 between the largest class, {quoted(largest)}, and the smallest, {quoted(smallest)}"
        if most > least
        else "All classes are of one size"
    )
    says = f"{uneven}; always naming {'the largest' if most > least else 'one'} would be right for {share} (majority baseline)."
    return Finding(
        "imbalance",
        "warn" if ratio >= UNEVEN else "ok",
        says,
        [],
        "An accuracy near the baseline means nothing was learned; look at the recall of each class, and add photos.",
        brief=f"imbalance {ratio:.1f} : 1 (majority baseline {share})",
        facts={"ratio": round(ratio, 4), "majority baseline": round(baseline, 4)},
    )


def _without_photos(evidence: Evidence) -> list[str]:
    return sorted(set(evidence.samples.empty or ()) - set(evidence.counts))


def _without_train(evidence: Evidence) -> list[str]:
    able = {name for names, part in zip(evidence.names, evidence.parts) if part in ("train", "") for name in names}
    return sorted(set(evidence.counts) - able)


def _has_a_second(evidence: Evidence) -> bool:
    contents = defaultdict(set)
    for names, content in zip(evidence.names, evidence.contents):
        for name in names:
            contents[name].add(content)
    return any(len(its) > 1 for its in contents.values())
