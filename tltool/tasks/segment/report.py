"""The form of ``report.json`` where every pixel has a class."""

from pydantic import Field, NonNegativeInt

from tltool.runs.forms import Form, Interval, Report, Share


class OfRegion(Form):
    """How well the pixels of one class are found.

    Attributes:
        n: photos that show it.
        pixels: of it, in all of them.
        iou: None where there are none.
        precision, recall: of its pixels.
    """

    n: NonNegativeInt
    pixels: NonNegativeInt
    iou: Share | None
    precision: Share
    recall: Share


class Guess(Form):
    """What calling every pixel ``label`` would reach, the class of most training pixels."""

    label: str
    miou: Share
    pixel_accuracy: Share


class RegionReport(Report):
    """How far the regions that were found lie on the true ones; see ``measures.measure``."""

    miou: Share
    miou_interval: Interval
    pixel_accuracy: Share
    pixel_accuracy_interval: Interval
    guess: Guess
    classes: list[str] = Field(default_factory=list)
    per_class: dict[str, OfRegion]
    confusion: list[list[NonNegativeInt]] = Field(default_factory=list)
