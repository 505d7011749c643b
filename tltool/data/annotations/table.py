"""Photos with their truths as the table of a job."""

from tltool.data.annotations.annotated import Annotated
from tltool.data.annotations.cells import write
from tltool.data.annotations.findings import faults_of
from tltool.data.annotations.layout import draw_annotated
from tltool.data.samples import COLUMNS, Samples
from tltool.task import task_named


def as_samples(annotated: Annotated, task: str) -> Samples:
    """A row for each photo; its label is a cell that ``cells.parse`` reads. Of the classes, or of the points where those are what a photo
    is labelled with, the ones that occur keep the order that they have in the labels."""
    import pandas

    names = task_named(task).labels.names
    columns = zip(annotated.photos, annotated.truths, annotated.parts, strict=True)
    rows = [(photo.path, photo.sha256, write(truth), "", part) for photo, truth, part in columns]
    table = pandas.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    there = {name for cell in table["label"] for name in names(cell)}
    classes = list(dict.fromkeys(name for name in (*annotated.classes, *annotated.points) if name in there))
    odd = [(finding.name, finding.cases) for finding in faults_of(annotated)]
    return Samples(table, classes, annotated.faults, annotated.ignored, draw_annotated(annotated), task=task, oddities=odd)
