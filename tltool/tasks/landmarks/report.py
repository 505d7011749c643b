"""The form of ``report.json`` where points were found."""

from typing import Annotated

from pydantic import Field, NonNegativeFloat, NonNegativeInt

from tltool.runs.forms import Form, Interval, Report, Share

Error = Annotated[float, Field(ge=0, allow_inf_nan=False)]
ErrorInterval = Annotated[list[Error], Field(min_length=2, max_length=2)]


class OfPoint(Form):
    """How near one point was found in the ``n`` photos that have it marked; None where there are none.

    Attributes:
        nme, guess_nme: mean distance in shares of ``normaliser``, of the model and of the mean shape.
        pixels: mean distance, in pixels of the photos.
        pck_05, pck_10: share of them that is off by no more than 0.05 and 0.1.
    """

    n: NonNegativeInt
    nme: Error | None
    pixels: Error | None
    pck_05: Share | None
    pck_10: Share | None
    guess_nme: Error | None = None


class OfGuess(Form):
    """What the mean shape of the training photos reaches on the same ones."""

    closeness: Share
    nme: Error
    pck_10: Share


class Curve(Form):
    """Share of the points that is off by no more than each of ``errors``, in shares of ``normaliser``."""

    errors: list[NonNegativeFloat]
    shares: list[Share]


class PointReport(Report):
    """How near points were found; see ``measures.measure``."""

    points: NonNegativeInt
    normaliser: str
    closeness: Share
    closeness_interval: Interval
    nme: Error
    nme_interval: ErrorInterval
    pck_05: Share
    pck_05_interval: Interval
    pck_10: Share
    pck_10_interval: Interval
    pixels: Error
    of_photo: Error
    sides: Share | None = None
    guess: OfGuess | None = None
    classes: list[str] = Field(default_factory=list)
    per_point: dict[str, OfPoint]
    curve: Curve
