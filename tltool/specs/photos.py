"""Which photos, at what size, and how they are divided."""

import re
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import field_serializer, model_validator

from tltool.catalog import TASKS
from tltool.errors import SpecError
from tltool.lookup import entry
from tltool.specs.sources import as_source
from tltool.specs.spec import Names, Spec, option, require_training_share

Fit = Literal["crop", "pad", "stretch"]
FEWEST_TILES, MOST_TILES = 2, 8  # a side


class Photos(Spec):
    """Which photos, at what size, and how they are divided."""

    data: Any = option(
        help="Folder with one subfolder of photos per class (train/, validation/ and test/ above them are kept as "
        "they are), or a CSV with the columns path, label and, if need be, split and group. "
        "COCO JSON, Pascal VOC, YOLO, images with masks and DeepLabCut's CSV are read too, from the folder that they and the photos lie in."
    )
    task: str = option(
        "auto",
        help=f"What is asked of the photos: {', '.join(TASKS)}. Several labels in a cell of a list, or a column of 0 and 1 for each "
        "label, are multilabel; auto sees that.",
    )
    size: int | None = option(
        None, help="Side of the square the model sees, in pixels; default: the backbone's native size, or 96 from scratch.", ge=16, le=2048
    )
    fit: Fit | None = option(
        None,
        help="How a photo becomes a square: cut the centre out (crop), add borders (pad), or stretch; default: crop, or pad where "
        "objects are located, so that none is cut away.",
    )
    tiles: int | None = option(
        None,
        none="none",
        help="See each photo also as so many tiles a side, which overlap by a fifth, and put their answers together: for objects that are "
        "small in large photos, with --task detect or instances.",
        ge=FEWEST_TILES,
        le=MOST_TILES,
    )
    validation: float = option(0.15, help="Share of the photos for choosing, where the folder has no validation/ of its own.", gt=0, lt=1)
    test: float = option(0.15, help="Share of the photos for the final measurement, where the folder has no test/ of its own.", ge=0, lt=1)
    group_by: str | None = option(
        None,
        none="optional",
        help="Regular expression, sought in each photo's path below its class folder: photos with the same "
        "match, or the same first (group) of it, stay in one part.",
    )
    split: Path | None = option(
        None, none="optional", help="An earlier split.csv, or the folder of a run: its photos keep their part and only new ones are placed."
    )

    normalise_by: Names | None = option(
        None,
        none="the box around the points",
        help="POINT,POINT: errors of named points are told in shares of the distance between these two; default: of the diagonal of "
        "the box around the points.",
    )
    flip_pairs: Names | None = option(
        None,
        none="from their names",
        help="LEFT:RIGHT,…: named points that change places where a photo is mirrored, beside those whose names say so, as leftear and "
        "rightear do.",
    )

    @model_validator(mode="after")
    def _points_are_told_apart(self) -> Self:
        by, pairs = self.normalise_by, self.flip_pairs
        if by is not None and (len(by), len(set(by))) != (2, 2):
            raise SpecError(f"--normalise-by must name two points, as in snout,tailbase. Received: {','.join(by or ())}.")
        for pair in pairs or ():
            if len({*filter(None, pair.split(":"))}) != 2 or pair.count(":") != 1:
                raise SpecError(f"--flip-pairs must name pairs of two points, as in leftear:rightear. Received: {pair}.")
        named = [name for pair in pairs or () for name in pair.split(":")]
        if twice := [name for name in named if named.count(name) > 1]:
            raise SpecError(f"--flip-pairs must name each point once. Received: {twice[0]} in several pairs.")
        return self

    @model_validator(mode="after")
    def _task_is_known(self) -> Self:
        entry(self.task, {"auto": "", **TASKS}, "--task")
        return self

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
        require_training_share(self.validation, self.test, "photos")
        return self

    @model_validator(mode="before")
    @classmethod
    def _path_or_table(cls, values: Any) -> Any:
        return {**values, "data": as_source(values["data"])} if "data" in values else values

    def kept_in(self, folder: Path) -> Self:
        """A DataFrame lives on as the run's own split.csv, which has its paths and labels."""
        return self if isinstance(self.data, Path) else self.model_copy(update={"data": folder / "split.csv", "task": self.task})

    @field_serializer("split", when_used="json")
    def _split_from_anywhere(self, split: Path | None) -> str | None:
        return str(split.absolute()) if split else None

    def taken_from(self, split: Path, task: str = "auto") -> Self:
        """The same wish for the photos and parts that a run's ``split.csv`` names, labelled for ``task``."""
        return self.model_copy(update={"data": split, "task": task, "group_by": None, "split": None})

    def decided(self, task: str, usual: Fit) -> tuple[Self, Fit]:
        """The same wish, once the photos were read and their ``task`` is known; and how a photo becomes a square, as ``usual`` where the
        user does not say it."""
        fit = self.fit or usual
        return self._taking({"task": task, "fit": fit}), fit

    @field_serializer("data", when_used="json")
    def _data_from_anywhere(self, data: Any) -> str:
        return str(data.absolute()) if isinstance(data, Path) else "DataFrame"
