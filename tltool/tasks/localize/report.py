"""The form of ``report.json`` where every photo has one box."""

from pydantic import Field, NonNegativeInt

from tltool.runs.forms import Form, Interval, Report, Share


class OfClass(Form):
    """How well the object is located on the ``n`` photos that show this class; None where there are none."""

    n: NonNegativeInt
    iou: Share | None
    above_half: Share | None
    above_three_quarters: Share | None


class LocationReport(Report):
    """How well the object of a photo is located; see ``measures.measure``."""

    iou: Share
    iou_interval: Interval
    above_half: Share
    above_half_interval: Interval
    above_three_quarters: Share
    above_three_quarters_interval: Interval
    right_class: Share
    guess_iou: Share | None
    classes: list[str] = Field(default_factory=list)
    per_class: dict[str, OfClass]
