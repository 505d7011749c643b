"""The form of ``report.json`` where every photo has one class."""

from pydantic import Field, NonNegativeInt

from tltool.runs.forms import Form, Measured, Report, Share


class OfClass(Form):
    """How well one class is recognised; ``n`` is how many of it there are."""

    precision: Share
    recall: Share
    f1: Share
    n: NonNegativeInt


class ClassReport(Measured, Report):
    """How many photos, or signals, were named right.

    Attributes:
        macro_f1: mean over the classes that occur.
        majority_baseline: the accuracy of always naming the largest class.
        classes: names, in the order of ``confusion``.
        per_class: by name.
        confusion: how often class i was answered by class j, [i][j].
    """

    macro_f1: Share | None = None
    majority_baseline: Share
    classes: list[str] = Field(default_factory=list)
    per_class: dict[str, OfClass]
    confusion: list[list[NonNegativeInt]] = Field(default_factory=list)
