"""The form of ``report.json`` where photos have boxes."""

from pydantic import Field, NonNegativeInt

from tltool.runs.forms import Form, Interval, Report, Share


class OfClass(Form):
    """How well one class is found; ``n`` objects, and what is None where there are none.

    Attributes:
        precision, recall, f1: of the boxes that are shown, at an overlap of a half.
        missed: objects for which nothing is shown.
        invented: of what is shown, how many where there is no object.
        curve: highest precisions at recalls of 0, 0.05, … 1 or beyond, at an overlap of a half.
    """

    n: NonNegativeInt
    ap: Share | None
    ap50: Share | None
    ap75: Share | None
    precision: Share
    recall: Share
    f1: Share
    missed: NonNegativeInt = 0
    invented: NonNegativeInt = 0
    curve: list[Share]


class Empty(Form):
    """``n`` photos without an object; with ``right`` of them no box is shown."""

    n: NonNegativeInt
    right: NonNegativeInt


class BoxReport(Report):
    """How well boxes are found; see ``measures.measure``."""

    ap: Share
    ap_interval: Interval
    ap50: Share
    ap50_interval: Interval
    ap75: Share
    ap75_interval: Interval
    guess_ap: Share | None
    objects: NonNegativeInt
    threshold: Share
    empty: Empty
    classes: list[str] = Field(default_factory=list)
    per_class: dict[str, OfClass]
    confusion: list[list[NonNegativeInt]]
