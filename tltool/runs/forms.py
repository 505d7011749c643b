"""What ``run.json`` and ``report.json`` must look like for others to read on: a run's folder may come from anywhere."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, NonNegativeFloat, NonNegativeInt, PositiveInt, ValidationError


def _date(text: str) -> str:
    datetime.fromisoformat(text)
    return text


def _readable(name: str) -> str:
    """One line of text, as the name of a class must be where photos are read."""
    if name.splitlines() != [name] or any("\ud800" <= sign <= "\udfff" for sign in name):
        raise ValueError("a class name must be one line of readable text")
    return name


def _distinct(names: list[str]) -> list[str]:
    if len(names) != len(set(names)):
        raise ValueError("two classes have one name")
    return names


Date = Annotated[str, AfterValidator(_date)]
Seconds = Annotated[NonNegativeFloat, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Phase(BaseModel, strict=True):
    name: str
    unfreeze: int | str = "none"
    solved: bool = False
    views: PositiveInt = 1
    learning_rate: NonNegativeFloat = 0
    augment: str = "none"


class Record(BaseModel, strict=True):
    """Of ``run.json``: the fields that are read again, each of which a run may lack. What was typed, resolved and asked for is checked
    where it is read, as it could be typed."""

    recipe: Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$", max_length=100)]
    state: Literal["unfinished", "usable", "finished"] = "unfinished"  # usable: a first phase has left its model
    started: Date = ""
    resumed: list[Date] = []
    finished: Date = ""
    seconds: Seconds = 0
    seconds_before: Seconds = 0
    classes: Annotated[list[Annotated[str, AfterValidator(_readable)]], Field(min_length=1), AfterValidator(_distinct)] = [""]
    size: PositiveInt = 1
    fit: Literal["crop", "pad", "stretch", "signal"] = "crop"
    phases: list[_Phase] = []
    validation_accuracy: dict[str, Share] = {}
    kept: str = ""
    training_photos: NonNegativeInt = 0
    stopped: str | None = None
    versions: dict[str, str] = {}


class _OfClass(BaseModel, strict=True):
    precision: Share
    recall: Share
    f1: Share
    n: NonNegativeInt


class _Measured(BaseModel, strict=True):
    accuracy: Share
    accuracy_interval: Annotated[list[Share], Field(min_length=2, max_length=2)]
    n: PositiveInt


class _Crossed(_Measured):
    folds: PositiveInt


class Report(_Measured):
    """Of ``report.json``: the fields that are read again."""

    split: str
    of: str = ""
    majority_baseline: Share
    per_class: dict[str, _OfClass]
    cross_validation: _Crossed | None = None


def misfit(form: type[BaseModel], content: Any) -> str:
    """What of ``content`` is not of that form, such as ``size: Input should be a valid integer``; ``""`` where all is."""
    try:
        form.model_validate(content)
    except ValidationError as error:
        fault = error.errors()[0]
        return f"{fault['loc'][0]}: {fault['msg']}" if fault["loc"] else fault["msg"]
    return ""
