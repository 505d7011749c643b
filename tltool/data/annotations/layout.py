"""A folder of labels as it was understood, for people: a small tree with counts."""

from collections.abc import Iterator

from tltool.data.annotations.annotated import Annotated
from tltool.data.samples import PARTS
from tltool.wording import counted, shown

MOST = 25  # classes, or points


def draw_annotated(annotated: Annotated) -> str:
    """The classes with their objects, or their share of the pixels; parts; and what the photos without any are taken for."""
    lines = _classes(annotated)
    if len(lines) > MOST:
        lines[MOST:] = [f"… {len(lines) - MOST} more classes"]
    tree = [f"{'└──' if i == len(lines) - 1 else '├──'} {line}" for i, line in enumerate(lines)]
    title = f"{shown(annotated.where)}  {annotated.form}: {counted(len(annotated), 'photo')}, {_total(annotated)}"
    return "\n".join([title, *tree, *_notes(annotated)])


def _total(annotated: Annotated) -> str:
    classes = counted(len(annotated.classes), "class")
    if annotated.has_areas:
        return f"every pixel of {classes}"
    return f"{counted(sum(len(truth.instances) for truth in annotated.truths), 'object')} of {classes}"


def _classes(annotated: Annotated) -> list[str]:
    amounts = annotated.amounts()
    if annotated.has_areas:
        pixels = sum(n for n, _ in amounts.values()) or 1
        return [f"{shown(label)}  {n / pixels:.1%} of the pixels, in {counted(photos, 'photo')}" for label, (n, photos) in amounts.items()]
    return [f"{shown(label)}  {counted(n, 'object')} in {counted(photos, 'photo')}" for label, (n, photos) in amounts.items()]


def _notes(annotated: Annotated) -> Iterator[str]:
    if annotated.points:
        yield f"points: {', '.join(map(shown, annotated.points[:MOST]))}{', …' * (len(annotated.points) > MOST)}"
    if set(annotated.parts) != {""}:
        yield "parts: " + ", ".join(f"{n} {part or 'in none'}" for part in (*PARTS, "") if (n := annotated.parts.count(part)))
    if negatives := sum(not truth.labels for truth in annotated.truths):
        yield f"read as showing none of the classes: {counted(negatives, 'photo')}"
    yield f"fit for --task {' or '.join(annotated.tasks)}"
    if annotated.ignored:
        yield f"ignored: {', '.join(f'{n} {shown(kind)}' for kind, n in sorted(annotated.ignored.items()))}"
