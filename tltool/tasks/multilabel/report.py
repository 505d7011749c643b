"""The form of ``report.json`` where photos have several labels."""

from pydantic import Field, NonNegativeInt

from tltool.runs.forms import Form, Interval, Report, Share


class OfLabel(Form):
    """How well one label is recognised; ``n`` photos have it, and its ``ap`` is None where none has."""

    n: NonNegativeInt
    base_rate: Share
    ap: Share | None
    precision: Share
    recall: Share
    f1: Share
    threshold: Share


class AllYes(Form):
    """F1 of naming every label."""

    macro_f1: Share
    micro_f1: Share


class LabelReport(Report):
    """How well labels are ranked and named; see ``measures.measure``."""

    macro_ap: Share
    macro_ap_interval: Interval
    base_rate: Share
    macro_f1: Share
    macro_f1_interval: Interval
    micro_f1: Share
    micro_f1_interval: Interval
    all_yes: AllYes
    exact: Share
    classes: list[str] = Field(default_factory=list)
    per_label: dict[str, OfLabel]
