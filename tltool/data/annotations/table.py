"""Photos with their truths as the table of a job."""

from dataclasses import replace

from tltool.data.annotations.annotated import Annotated
from tltool.data.annotations.cells import write
from tltool.data.annotations.findings import faults_of
from tltool.data.annotations.layout import draw_annotated
from tltool.data.annotations.truths import Truth
from tltool.data.samples import COLUMNS, Samples
from tltool.task import task_named


def as_samples(annotated: Annotated, task: str) -> Samples:
    """A row for each photo; its label is a cell that ``cells.parse`` reads. Its classes, or its points where those are what a photo is
    labelled with, are the names that occur, sorted: so they are the same where only the cells are read again."""
    import pandas

    names = task_named(task).labels.names
    columns = zip(annotated.photos, annotated.truths, annotated.parts, strict=True)
    known = set(annotated.classes)
    rows = [(photo.path, photo.sha256, write(_without_others(truth, known)), "", part) for photo, truth, part in columns]
    table = pandas.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    classes = sorted({name for cell in table["label"] for name in names(cell)})
    odd = [(finding.name, finding.cases) for finding in faults_of(annotated)]
    pairs = {":".join(pair): 1.0 for pair in annotated.flip_pairs if task_named(task).labels.POINTED}
    given, layout = {"flip_pairs": pairs} if pairs else {}, draw_annotated(annotated)
    return Samples(table, classes, annotated.faults, annotated.ignored, layout, task=task, given=given, oddities=odd)


def _without_others(truth: Truth, known: set[str]) -> Truth:
    """``truth`` without labels that no class is called."""
    areas = truth.areas and truth.areas._replace(regions=tuple(region for region in truth.areas.regions if region.label in known))
    return replace(truth, instances=tuple(instance for instance in truth.instances if instance.box.label in known), areas=areas)
