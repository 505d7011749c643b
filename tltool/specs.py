"""The wishes: what a user may ask for, each field with its type, bounds, default and one sentence of help.

A spec is frozen and holds values only. ``None`` means *automatic*: a recipe fills it in with ``fill`` once it knows the photos
and the backbone, and what the user typed is never overridden. A field is at once the Python argument, the command-line flag,
the line in ``--help`` and the entry in ``run.json``.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_serializer, model_validator

from tltool import catalog
from tltool.errors import SpecError
from tltool.lookup import entry

Fit = Literal["crop", "pad", "stretch"]
Precision = Literal["float32", "float16", "dynamic", "int8", "int16x8"]
ExportFormat = Literal["saved_model", "tflite", "onnx"]
Augment = Literal["none", "light", "standard"]


def option(default: Any = ..., *, help: str, flag: str | None = None, argument: bool = False, **bounds: Any) -> Any:
    """A field that is also a command-line option (``flag`` where its own name will not do) or a positional argument."""
    return Field(default, description=help, json_schema_extra={"flag": flag, "argument": argument}, **bounds)


def _numbers(value: Any) -> Any:
    """``"256,128"`` as the command line and a lone ``256`` as Python says it, both as a tuple."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return (value,) if isinstance(value, int) else value


Positive = Annotated[int, Field(ge=1)]
Sizes = Annotated[tuple[Positive, ...], BeforeValidator(_numbers)]


class Spec(BaseModel):
    """A frozen wish. Raises ``SpecError`` in one sentence where pydantic would raise its own error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise SpecError(_explain(type(self), error)) from None

    def fill(self, **automatic: Any) -> Self:
        """A copy in which fields that are still ``None`` take these values; ``typed`` stays what the user typed."""
        filled = self.model_copy(update={name: value for name, value in automatic.items() if getattr(self, name) is None})
        filled.__pydantic_fields_set__ = self.model_fields_set
        return filled

    def kept_in(self, folder: Path) -> Self:
        """The spec as a run in ``folder`` can repeat it."""
        return self

    def typed(self) -> dict[str, Any]:
        """What the user said, ready for JSON."""
        return self.model_dump(mode="json", include=self.model_fields_set)

    def resolved(self) -> dict[str, Any]:
        """Every field, ready for JSON."""
        return self.model_dump(mode="json")


def _explain(spec: type[Spec], error: ValidationError) -> str:
    fault = error.errors()[0]
    cause = fault.get("ctx", {}).get("error")
    if isinstance(cause, SpecError):
        return str(cause)
    place = ".".join(str(part) for part in fault["loc"][:1])
    what = fault["msg"].removeprefix("Value error, ").partition(", unable to")[0].partition(" after validation")[0]
    if fault["type"] == "missing":
        return f"{spec.__name__} needs {place}: {spec.model_fields[place].description}"
    if fault["type"] == "extra_forbidden":
        return f"{spec.__name__} has no {place!r}; it knows {', '.join(spec.model_fields)}."
    if not place:
        return f"{what}."
    extra: Any = spec.model_fields[place].json_schema_extra
    what = what.replace("Input should", "must").replace("Tuple should", "must")
    return f"--{(extra['flag'] or place).replace('_', '-')} {what}. Received: {fault['input']!r}."


class Photos(Spec):
    """Which photos, at what size, and how they are divided."""

    data: Any = option(help="Folder with one subfolder of photos per class (train/, validation/ and test/ above them are kept as "
                            "they are), or a CSV with the columns path, label and, if need be, split and group.")
    size: int | None = option(None, help="Side of the square the model sees, in pixels; default: the backbone's native size, or 96 "
                                         "from scratch.", ge=16, le=2048)
    fit: Fit = option("crop", help="How a photo becomes a square: cut the centre out, add borders, or stretch.")
    validation: float = option(0.15, help="Share of the photos for choosing, where the folder has no validation/ of its own.",
                               gt=0, lt=1)
    test: float = option(0.15, help="Share of the photos for the final measurement, where the folder has no test/ of its own.",
                         ge=0, lt=1)
    group_by: str | None = option(None, help="Regular expression, sought in each photo's path below its class folder: photos with the same "
                                             "match, or the same first (group) of it, stay in one part.")
    split: Path | None = option(None, help="An earlier split.csv, or the folder of a run: its photos keep their part and only new ones "
                                           "are placed.")

    @model_validator(mode="after")
    def _pattern_and_split_can_be_used(self) -> Self:
        try:
            re.compile(self.group_by or "")
        except (re.error, RecursionError, OverflowError) as error:
            raise SpecError(f"--group-by must be a regular expression. Received: {self.group_by!r} ({error}).") from None
        if self.group_by == "":
            raise SpecError("--group-by must be a regular expression that tells photos apart. Received: ''.")
        if self.split is not None and not any(file.is_file() for file in (self.split, self.split / "split.csv")):
            raise SpecError(f"--split must be a split.csv that exists, or the folder of a run that has one. Received: {str(self.split)!r}.")
        return self

    @model_validator(mode="after")
    def _leaves_photos_to_train_on(self) -> Self:
        if self.validation + self.test >= 1:
            raise SpecError("--validation and --test must leave photos to train on, so be less than 1 together. "
                            f"Received: {self.validation:g} and {self.test:g}.")
        return self

    @model_validator(mode="before")
    @classmethod
    def _path_or_table(cls, values: Any) -> Any:
        data = values.get("data", Path())
        if not (isinstance(data, (str, Path)) or hasattr(data, "columns")) or (isinstance(data, str) and not data.strip()):
            raise SpecError(f"--data must be a folder of photos, a CSV or a DataFrame. Received: {data!r}.")
        return {**values, "data": Path(data)} if isinstance(data, str) else values

    def kept_in(self, folder: Path) -> Self:
        """A DataFrame lives on as the run's own split.csv, which has its paths and labels."""
        return self if isinstance(self.data, Path) else self.model_copy(update={"data": folder / "split.csv"})

    @field_serializer("split", when_used="json")
    def _split_from_anywhere(self, split: Path | None) -> str | None:
        return str(split.absolute()) if split else None

    def taken_from(self, split: Path) -> Self:
        """The same wish for the photos and parts that a run's ``split.csv`` names."""
        return self.model_copy(update={"data": split, "group_by": None, "split": None})

    @field_serializer("data", when_used="json")
    def _data_from_anywhere(self, data: Any) -> str:
        return str(data.absolute()) if isinstance(data, Path) else "DataFrame"


class Backbone(Spec):
    """Which pretrained network, with what weights, and how much of it may learn."""

    name: str = option("mobilenet_v2", flag="backbone",
                       help="Name from `tltool backbones`, the folder of an earlier run, or hub:HANDLE.")
    weights: str = option("imagenet", help="imagenet, none (start from random weights), or a Keras weights file (.h5).")
    unfreeze: int | str = option("all", help="Which layers of the backbone learn in the second phase: all, none, a number "
                                             "(the last N layers with weights) or a layer's name (from there on).")
    batch_norm: Literal["frozen", "adapt", "train"] | None = option(
        None, help="Batch norm in the layers that learn: frozen, adapt (its averages follow the photos) or train (its scale learns too); "
                   "default: frozen, or train from random weights.")
    layer_decay: float = option(1.0, help="Factor by which the learning rate falls with each twelfth of the backbone's layers, from the "
                                          "head down; 1 is one rate for all.", gt=0, le=1)
    scaling: Literal["unit", "tf", "caffe", "torch", "none"] | None = option(
        None, help="Input scaling of a hub: backbone: unit is 0…1 (default), tf is −1…1.")

    @model_validator(mode="before")
    @classmethod
    def _as_text(cls, values: Any) -> Any:
        return {key: str(value) if isinstance(value, Path) else value for key, value in values.items()}

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        if isinstance(self.unfreeze, str) and self.unfreeze.removeprefix("-").isdecimal():
            object.__setattr__(self, "unfreeze", int(self.unfreeze))
        if self.unfreeze == "" or (isinstance(self.unfreeze, int) and self.unfreeze < 0):
            raise SpecError(f"--unfreeze must be all, none, a layer's name or a number from 0 up. Received: {self.unfreeze!r}.")
        if not self.is_hub and not self.is_run:
            entry(self.name, catalog.BACKBONES, "--backbone")
        return self

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        typed = self.model_fields_set
        if "weights" in typed and (self.is_hub or self.is_run):
            raise SpecError(f"--weights must be left away with a hub module or a run, which bring their own. Received: {self.weights!r}.")
        if self.scaling is not None and not self.is_hub:
            raise SpecError(f"--scaling must go with a hub: backbone; others know their own. Received: {self.scaling!r} with {self.name}.")
        if self.is_hub and self.unfreeze not in ("all", "none"):
            raise SpecError(f"--unfreeze must be all or none with a hub module, which is one layer. Received: {self.unfreeze!r}.")
        if self.is_hub and self.batch_norm == "adapt":
            raise SpecError("--batch-norm must be frozen or train with a hub module, which keeps it to itself. Received: 'adapt'.")
        if self.weights not in ("imagenet", "none") and not Path(self.weights).expanduser().is_file():
            raise SpecError(f"--weights must be imagenet, none or a file that exists. Received: {self.weights!r}.")
        if self.weights == "none" and "unfreeze" in typed and self.unfreeze != "all":
            raise SpecError(f"--unfreeze must be all with --weights none: every layer starts from nothing. Received: {self.unfreeze!r}.")
        return self

    @property
    def is_hub(self) -> bool:
        return self.name.startswith("hub:")

    @property
    def is_run(self) -> bool:
        """An earlier run: a folder that exists, or anything else that only a path can be."""
        return not self.is_hub and self.name not in catalog.BACKBONES and self.name != "" and (Path(self.name).is_dir() or "/" in self.name)

    @property
    def split(self) -> Path | None:
        """The split.csv of the run that the backbone comes from."""
        return Path(self.name) / "split.csv" if self.is_run else None

    @property
    def is_pretrained(self) -> bool:
        """Whether the layers have learned something already."""
        return self.weights != "none" or self.is_hub or self.is_run

    @field_serializer("name", "weights", when_used="json")
    def _paths_hold_from_anywhere(self, name: str) -> str:
        known = name in catalog.BACKBONES or name in ("imagenet", "none")
        handle, path = ("hub:", name.removeprefix("hub:")) if name.startswith("hub:") else ("", name)
        return f"{handle}{Path(path).absolute()}" if not known and Path(path).exists() else name


class Head(Spec):
    """What turns the backbone's feature map into one probability per class."""

    pool: Literal["avg", "max", "min", "sum", "flatten"] = option(
        "avg", flag="head-pool", help="How the feature map becomes one vector: a global pooling, or flatten.")
    dense: Sizes = option((), help="Units of the hidden dense layers, for example 256,128; default: none.")
    activation: str = option("relu", flag="head-activation", help="Activation of the hidden dense layers.")
    dropout: float = option(0.2, flag="head-dropout", help="Share of inputs dropped before each dense layer while training.",
                            ge=0, lt=1)
    initializer: str = option("glorot_uniform", flag="head-initializer", help="kernel_initializer of the dense layers.")
    output: Literal["auto", "sigmoid", "softmax"] = option(
        "auto", flag="head-output", help="Two classes: one sigmoid neuron or a two-way softmax; auto is softmax.")

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        entry(self.activation, catalog.ACTIVATIONS, "--head-activation")
        entry(self.initializer, catalog.INITIALIZERS, "--head-initializer")
        return self


class ConvStack(Spec):
    """Conv2D blocks from scratch: convolution, batch norm, activation, pooling, once per number of filters."""

    filters: Sizes = option((32, 64, 128), help="Filters of each Conv2D block.", min_length=1)
    kernel_size: int = option(3, help="Side of every kernel, in pixels; odd sizes keep the centre.", ge=1, le=31)
    kernel_initializer: str = option("he_normal", help="Keras initializer of every kernel, freshly seeded per layer.")
    padding: Literal["same", "valid", "reflect", "replicate"] = option("same", help="What lies beyond the border of a feature map.")
    pooling: Literal["max", "average", "min", "sum", "none"] = option("max", help="How each block halves its feature map.")
    activation: str = option("relu", help="Activation after every convolution.")
    batch_norm: bool = option(True, help="Normalise each convolution's output over the batch.")

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        entry(self.kernel_initializer, catalog.INITIALIZERS, "--kernel-initializer")
        entry(self.activation, catalog.ACTIVATIONS, "--activation")
        return self


class Training(Spec):
    """How long, how fast, on what, from which seed."""

    epochs: int | None = option(None, help="Epochs of the fine-tuning phase; default: by the number of photos.", ge=1, le=10_000)
    learning_rate: float | None = option(None, help="Peak learning rate of the fine-tuning phase; default: 0.0001, or 0.001 from "
                                                      "random weights.", gt=0, le=10)
    batch_size: int = option(32, help="Photos per training step.", ge=1, le=4096)
    label_smoothing: float = option(0.1, help="How much certainty the loss asks to give up.", ge=0, lt=1)
    augment: Augment | None = option(None, help="How training photos vary: none, light (flip, shift) or standard (also rotate, zoom, "
                                                "light); default: standard, or light from random weights.")
    flip: bool = option(True, help="Augmentation may mirror photos left and right; --no-flip for digits, letters, and left and right hands.")
    balance: Literal["none", "weights"] = option("none", help="weights: every class counts the same in the loss, however many photos it "
                                                                      "has.")
    device: Literal["auto", "cpu", "gpu"] = option("auto", help="Where to compute.")
    seed: int = option(0, help="Seed of the split, the weights and the order of the photos.", ge=0, lt=2**31)
    deterministic: bool = option(False, help="Compute so that the same command gives the same weights to the last bit; slower.")
