"""What the models of a comparison have in equal measure."""

from typing import Any, Literal, Self

from pydantic import FieldSerializationInfo, field_serializer, model_validator

from tltool.errors import SpecError
from tltool.specs.backbone import Backbone
from tltool.specs.spec import Spec, option


class Comparison(Spec):
    """What the three models of a comparison have in equal measure, and where transfer begins."""

    budget: Literal["parameters", "time"] = option(
        "parameters",
        help="What the models have in equal measure. parameters: those that learn, so the dense network gets as few units as "
        "that takes, and transfer learns a head on a frozen backbone. time: --minutes each, and the whole backbone "
        "learns.",
    )
    backbone: str = option(
        "mobilenet_v2", help="What transfer begins with: a name from `tltool backbones`, the folder of an earlier run, or hub:HANDLE."
    )
    weights: str = option("imagenet", help="Of that backbone: imagenet, or a Keras weights file (.h5).")
    units: int | None = option(
        None, help="Hidden units of the dense network; default: by the stack's parameters, or 256 with --budget time.", ge=1, le=65_536
    )

    @model_validator(mode="after")
    def _backbone_is_known(self) -> Self:
        if self.weights == "none":
            raise SpecError("--weights must be trained ones, for there is no transfer from random weights. Received: 'none'.")
        _ = self.transfer
        return self

    @property
    def transfer(self) -> Backbone:
        """The backbone, with as much of it learning as the budget allows."""
        unfreeze = "none" if self.budget == "parameters" else "all"
        fields: dict[str, Any] = {"name": self.backbone, "unfreeze": unfreeze, "weights": self.weights}
        return Backbone(**{name: value for name, value in fields.items() if value != "imagenet"})

    @field_serializer("backbone", "weights", when_used="json")
    def _paths_hold_from_anywhere(self, value: str, field: FieldSerializationInfo) -> str:
        return str(self.transfer.resolved()["name" if field.field_name == "backbone" else "weights"])
