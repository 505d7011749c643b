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
        weighted_f1: the same, each class counting as often as it occurs.
        balanced_accuracy: mean recall of the classes that occur.
        top_5: share of the answers among whose first five classes the right one is; None where there are no more than five.
        majority_baseline: the accuracy of always naming the largest class.
        classes: names, in the order of ``confusion``.
        per_class: by name.
        confusion: how often class i was answered by class j, [i][j].
    """

    macro_f1: Share | None = None
    weighted_f1: Share | None = None
    balanced_accuracy: Share | None = None
    top_5: Share | None = None
    majority_baseline: Share
    classes: list[str] = Field(default_factory=list)
    per_class: dict[str, OfClass]
    confusion: list[list[NonNegativeInt]] = Field(default_factory=list)
