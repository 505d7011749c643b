"""Photos with their truths as the table of a job."""

from tltool.data.annotations.annotated import Annotated
from tltool.data.annotations.cells import write
from tltool.data.annotations.layout import draw_annotated
from tltool.data.samples import COLUMNS, Samples


def as_samples(annotated: Annotated, task: str) -> Samples:
    """A row for each photo; its label is a cell that ``cells.parse`` reads. The classes keep the order that they have in the labels."""
    import pandas

    columns = zip(annotated.photos, annotated.truths, annotated.parts, strict=True)
    rows = [(photo.path, photo.sha256, write(truth), "", part) for photo, truth, part in columns]
    table = pandas.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    return Samples(table, annotated.classes, annotated.faults, annotated.ignored, draw_annotated(annotated), task=task)
