"""Which pretrained network, and how much of it may learn."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import field_serializer, model_validator

from tltool import catalog
from tltool.errors import SpecError
from tltool.home import expand
from tltool.lookup import entry
from tltool.specs.spec import Spec, option


class Backbone(Spec):
    """Which pretrained network, with what weights, and how much of it may learn."""

    name: str = option("mobilenet_v2", flag="backbone", help="Name from `tltool backbones`, the folder of an earlier run, or hub:HANDLE.")
    weights: str = option("imagenet", help="imagenet, none (start from random weights), or a Keras weights file (.h5).")
    unfreeze: int | str = option(
        "all",
        help="Which layers of the backbone learn in the second phase: all, none, a number "
        "(the last N layers with weights) or a layer's name (from there on).",
    )
    batch_norm: Literal["frozen", "adapt", "train"] | None = option(
        None,
        help="Batch norm in the layers that learn: frozen, adapt (its averages follow the photos) or train (its scale learns too); "
        "default: frozen, or train from random weights.",
    )
    layer_decay: float = option(
        1.0,
        help="Factor by which the learning rate falls with each twelfth of the backbone's layers, from the "
        "head down; 1 is one rate for all.",
        gt=0,
        le=1,
    )
    scaling: Literal["unit", "tf", "caffe", "torch", "none"] | None = option(
        None, help="Input scaling of a hub: backbone: unit is 0…1 (default), tf is −1…1."
    )

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
        if self.weights not in ("imagenet", "none") and not expand(self.weights).is_file():
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
