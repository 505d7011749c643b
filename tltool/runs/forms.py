"""What ``run.json`` and ``report.json`` hold. A run's folder may come from anywhere, and from a tltool of before or of later: what is
read is checked, what is not known is kept."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveInt, ValidationError, model_validator

from tltool.catalog import TASKS
from tltool.specs.photos import FEWEST_TILES, MOST_TILES, Fit

FORMAT = 2  # of what is written now; version 0.1.0 wrote format 1, which names no number
Kind = Literal["photo", "signal"]  # what a row of the samples is


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


def _known(task: str) -> str:
    if task not in TASKS:
        raise ValueError("this tltool knows no such task")
    return task


Date = Annotated[str, AfterValidator(_date)]
Seconds = Annotated[NonNegativeFloat, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, lt=2**53)]  # what every reader of JSON holds exactly
Interval = Annotated[list[Share], Field(min_length=2, max_length=2)]
Task = Annotated[str, AfterValidator(_known)]
Tiles = Annotated[int, Field(ge=FEWEST_TILES, le=MOST_TILES)]
Settled = dict[str, dict[str, Share]]  # by what it is, such as thresholds, and by class
Classes = Annotated[list[Annotated[str, AfterValidator(_readable)]], Field(min_length=1), AfterValidator(_distinct)]


class Form(BaseModel):
    """Fields with their bounds. Fields of other names are kept, and read like those that are known."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)

    @property
    def content(self) -> dict[str, Any]:
        """The fields that are said, and no defaults, as they are written."""
        return self.model_dump(exclude_unset=True)

    def __getitem__(self, name: str) -> Any:
        """A field by its name, as programs written for version 0.1.0 ask for it.

        Raises:
            KeyError: it is not said.
        """
        return self.content[name]


class Document(Form):
    """A file of JSON as a whole."""

    format: Annotated[int, Field(ge=1, le=FORMAT)] = 1


class Asked(Form):
    """What whoever reads scores must know of them: of a report, a card, and of what an export knows of itself.

    Attributes:
        task: what was asked, see ``tltool.task``.
        settled: what answers depend on beside the model, such as thresholds.
        tiles: how many a side a photo is cut into, whose answers are put together; None where it is seen as a whole.
    """

    task: Task = "classify"
    settled: Settled = {}
    tiles: Tiles | None = None


class Calibration(Form):
    """How far probabilities could be trusted on the validation photos, and what was done about it; see ``evaluation.temperature``.

    Attributes:
        temperature: what the model's logits are divided by, already within the model; 1 where they stay as they are.
        n, wrong: how many validation photos, or signals, there are, and how many of them were not answered right.
        log_loss: mean over them in nats, before and after.
        calibration_error: how far probabilities are from the share that is right, before and after.
        kept: why the temperature is 1 where it could not be fitted.
    """

    temperature: Annotated[float, Field(ge=0.01, le=100)] = 1.0
    n: Count
    wrong: Count
    log_loss: Annotated[list[Annotated[NonNegativeFloat, Field(allow_inf_nan=False)]], Field(min_length=2, max_length=2)] | None = None
    calibration_error: Interval | None = None
    kept: str | None = None


class Novelty(Form):
    """From which distance on a photo is unlike the training photos, see ``evaluation.novelty``.

    Attributes:
        limit: beyond it lie about a hundredth of the ``n`` validation photos.
        neighbours: to which of the nearest training photos the distance is.
    """

    limit: Annotated[NonNegativeFloat, Field(allow_inf_nan=False)]
    n: Count
    neighbours: Count


class PhaseRecord(Form):
    """How one phase of the training was planned; the fields of ``tltool.training.phases.Phase``."""

    name: str
    unfreeze: int | str = "none"
    solved: bool = False
    views: PositiveInt = 1
    learning_rate: NonNegativeFloat = 0
    augment: str = "none"
    batch_norm: str = "frozen"


class LearningCurve(Form):
    """What ``--learning-curve`` measured of a linear head on the frozen backbone, see ``tltool.evaluation.learning_curve``.

    Attributes:
        photos: how many it learned from, ascending; the last is all training photos.
        scores: on the validation photos, of every draw of so many.
        law: error = law[0] + law[1]·(n / photos[-1])^−law[2] of n photos.
        gain: what twice the photos would bring beyond what all of them have, in the middle of what resampled draws say; 0 for a loss.
        gain_interval: between what that lies.
    """

    photos: Annotated[list[Annotated[Count, Field(ge=1)]], Field(min_length=2, max_length=100)]
    scores: Annotated[list[Annotated[list[Share], Field(min_length=1, max_length=1000)]], Field(min_length=2, max_length=100)]
    law: Annotated[list[Annotated[float, Field(ge=0, le=10)]], Field(min_length=3, max_length=3)]
    gain: Share
    gain_interval: Annotated[list[Annotated[float, Field(ge=-1, le=1)]], Field(min_length=2, max_length=2)]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if len(self.photos) != len(self.scores) or self.photos != sorted(set(self.photos)):
            raise ValueError("there must be scores for every number of photos, which must ascend")
        if self.gain_interval != sorted(self.gain_interval):
            raise ValueError("an interval must begin below its end")
        return self


class Record(Document):
    """``run.json``. A run that is not finished lacks some of the fields, and one of another recipe may lack any but the first.

    Attributes:
        recipe: the name of the recipe that wrote the run.
        state: ``usable`` is unfinished with a model, which a first phase has left.
        started, resumed, finished: times in UTC, ISO 8601.
        typed, resolved: what was typed for each spec, and every field of it as it was resolved, by parameter.
        asked: what else was typed and says how the run goes on, by parameter.
        versions: of the packages that a result depends on.
        device: what trained it.
        size: side of a photo as the model sees it, in pixels; length of a signal.
        channels: of a signal.
        task: what was asked of the photos, see ``tltool.task``.
        settled: what answers depend on beside the model, such as thresholds.
        kind: what a row is: a photo or a signal.
        fit: how a photo becomes a square; a signal has none.
        tiles: how many a side a photo is cut into, where it is not seen as a whole alone.
        classes: in the order of the model's outputs.
        phases: of the training, as planned.
        seconds, seconds_before: what the run took as a whole, and before it was last resumed.
        kept: the phase whose weights the model has.
        training_photos: how many rows it learned from.
        validation_accuracy: of each phase that ran.
        stopped: why a phase had to stop early, if one had.
        calibration: how far its probabilities could be trusted, where the task gives such.
        novelty: how photos are known that are unlike those it learned from.
        tracked: by what its tracker finds the run again, see ``tltool.trackers``.
        learning_curve: what more photos would bring, where that was asked for.
    """

    recipe: Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$", max_length=100)]
    state: Literal["unfinished", "usable", "finished"] = "unfinished"
    started: Date = ""
    typed: dict[str, dict[str, Any]] = {}
    resolved: dict[str, dict[str, Any]] = {}
    asked: dict[str, Any] = {}
    versions: dict[str, str] = {}
    device: Any = None
    size: PositiveInt = 1
    channels: PositiveInt | None = None
    task: Task = "classify"
    settled: Settled = {}
    kind: Kind = "photo"
    fit: Fit | None = None
    tiles: Tiles | None = None
    classes: Classes = [""]
    phases: list[PhaseRecord] = []
    resumed: list[Date] = []
    finished: Date = ""
    seconds: Seconds = 0
    seconds_before: Seconds = 0
    kept: str = ""
    training_photos: Count = 0
    validation_accuracy: dict[str, Share] = {}
    stopped: str | None = None
    calibration: Calibration | None = None
    novelty: Novelty | None = None
    tracked: Annotated[str, Field(max_length=1000)] = ""
    learning_curve: LearningCurve | None = None

    @property
    def lacking(self) -> list[str]:
        """Of what whoever takes up its model must know, the fields that are not said."""
        return [name for name in ("classes", "size", *["fit"] * (self.kind == "photo")) if name not in self.model_fields_set]

    @model_validator(mode="before")
    @classmethod
    def _say_kind(cls, content: Any) -> Any:
        """Format 1 has no kind: there a run on signals says so by its fit."""
        if not isinstance(content, dict) or content.get("format", 1) != 1 or "kind" in content:
            return content
        if content.get("fit") != "signal":
            return {**content, "kind": "photo"}
        return {name: value for name, value in content.items() if name != "fit"} | {"kind": "signal"}


class Measured(Form):
    """A share of right answers.

    Attributes:
        n: how many photos, or signals, were answered.
        accuracy: share of them whose class was named.
        accuracy_interval: Wilson's 95 % interval of it, from and to.
    """

    n: PositiveInt
    accuracy: Share
    accuracy_interval: Interval


class CrossValidation(Measured):
    """What ``--folds`` measured; the other fields are those of a report on all photos.

    Attributes:
        folds: parts, each answered by a head that learned from the others.
        measures: what the figures are of, in words.
    """

    folds: PositiveInt
    measures: str = ""


class Report(Document):
    """``report.json``: what holds for every task; the form of each task has its measures beside it.

    Attributes:
        task: what was asked, see ``tltool.task``.
        split: the part that was measured, or ``all``.
        n: how many photos, or signals, were answered.
        of: what was measured, for people.
        groups: of photos that belong together, by which the interval of the score was worked out; None where each stands alone.
        cross_validation: of the same photos and all others, where it was asked for.
    """

    task: Task = "classify"
    split: str
    n: Annotated[Count, Field(ge=1)]
    of: str = "photos"
    groups: Count | None = None
    cross_validation: CrossValidation | None = None

    def with_fields(self, **fields: Any) -> Self:
        """The same with other ``fields``, or more."""
        return self.model_validate({**self.content, **fields})


def newer(content: Any) -> str:
    """Of what a tltool of later wrote, how much later; ``""`` of all else."""
    number = content.get("format") if isinstance(content, dict) else None
    return f"format {number}; this one knows {FORMAT}" if isinstance(number, int) and FORMAT < number < 1000 else ""


def fault_of(error: ValidationError) -> str:
    """The first fault in words, such as ``size: Input should be a valid integer``."""
    fault = error.errors()[0]
    return f"{fault['loc'][0]}: {fault['msg']}" if fault["loc"] else fault["msg"]
