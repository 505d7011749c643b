"""The form of ``report.json`` where photos have objects with masks."""

from pydantic import Field, NonNegativeInt

from tltool.runs.forms import Interval, Report, Share
from tltool.tasks.detect.report import Empty, OfClass


class MaskReport(Report):
    """How well masks are found; see ``measures.measure``."""

    mask_ap: Share
    mask_ap_interval: Interval
    mask_ap50: Share
    mask_ap50_interval: Interval
    mask_ap75: Share
    mask_ap75_interval: Interval
    box_ap: Share
    box_ap_interval: Interval
    box_ap50: Share
    box_ap50_interval: Interval
    box_ap75: Share
    box_ap75_interval: Interval
    components_ap50: Share
    guess_ap: Share | None
    objects: NonNegativeInt
    threshold: Share
    empty: Empty
    classes: list[str] = Field(default_factory=list)
    per_class: dict[str, OfClass]
    confusion: list[list[NonNegativeInt]]
