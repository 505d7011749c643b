"""What validation photos say of answers to come: how probable a class must be to fit, and an answer to be given."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from tltool.runs.forms import Count, Form, Share


class SetLimit(Form):
    """Classes with a probability of ``least`` or more make sets of which the share ``coverage`` holds the right class."""

    coverage: Share
    least: Share


class Threshold(Form):
    """On the validation photos the answers with a probability of ``threshold`` or more, the share ``coverage`` of all, were right at the
    rate ``precision``, which is ``target_precision`` or more."""

    target_precision: Share
    threshold: Share
    precision: Share
    coverage: Share


class Trust(Form):
    """What an export carries of ``n`` validation photos, for a few shares each; those that so few photos cannot answer are not there."""

    n: Count
    sets: list[SetLimit] = Field(default_factory=list, max_length=100)
    thresholds: list[Threshold] = Field(default_factory=list, max_length=100)


def threshold_at(trust: Mapping[str, Any], precision: float) -> float | None:
    """From which probability on answers are right at the rate ``precision``, by the content of a ``Trust``; None where it does not say."""
    return next((its["threshold"] for its in trust.get("thresholds", ()) if its["target_precision"] == precision), None)
