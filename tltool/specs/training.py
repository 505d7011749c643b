"""How long, how fast, on what, from which seed."""

from importlib.util import find_spec
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, model_validator

from tltool.errors import SpecError
from tltool.specs.spec import Spec, option
from tltool.trackers import open_tracker

Augment = Literal["none", "light", "standard", "wide"]


def _automatic(value: Any) -> Any:
    return None if value == "auto" else value


class Training(Spec):
    """How long, how fast, on what, from which seed."""

    epochs: int | None = option(None, help="Epochs of the fine-tuning phase; default: by the number of photos.", ge=1, le=10_000)
    minutes: float | None = option(
        None,
        none="optional",
        help="Most minutes of training; it ends with the epoch that passes them, and the learning rate "
        "falls by the clock. Default: no limit; with it, and without --epochs, as many as fit.",
        gt=0,
        le=10_000,
    )
    learning_rate: float | None = option(
        None, help="Peak learning rate of the fine-tuning phase; default: 0.0001, or 0.001 from random weights.", gt=0, le=10
    )
    batch_size: int = option(32, help="Photos per training step; where objects are located, 16 by default.", ge=1, le=4096)
    label_smoothing: float = option(0.1, help="How much certainty the loss asks to give up.", ge=0, lt=1)
    augment: Augment | None = option(
        None,
        help="How training photos vary: none, light (flip, shift), standard (also rotate, zoom, light) or wide (shift and zoom further, do "
        "not rotate); default: standard, light from random weights, and wide where objects are located.",
    )
    flip: bool = option(True, help="Augmentation may mirror photos left and right; --no-flip for digits, letters, left and right hands.")
    views: int = option(
        1,
        help="Views of each training photo that the head learns from on the frozen backbone: as it is, mirrored, then "
        "varied as --augment says; each is computed once and kept.",
        ge=1,
        le=64,
    )
    balance: Literal["none", "weights", "oversample"] = option(
        "none",
        help="weights: every class counts the same in the loss, however many photos it has. oversample: each is shown as often as "
        "the largest, varied anew each time; a head that is solved weighs instead.",
    )
    device: Literal["auto", "cpu", "gpu"] = option("auto", help="Where to compute.")
    precision: Annotated[Literal["auto", "float32", "mixed_bfloat16"] | None, BeforeValidator(_automatic)] = option(
        None,
        help="In what the backbone computes while it learns; auto, the default, is mixed_bfloat16 on GPUs with matrix units for it, "
        "and float32 elsewhere. Whatever it is, the model is saved and measured in float32.",
    )
    seed: int = option(0, help="Seed of the split, the weights and the order of the photos.", ge=0, lt=2**31)
    deterministic: bool = option(
        False,
        help="Compute so that the same command gives the same weights to the last bit; slower. Only on the "
        "same device with the same versions, and not with --minutes.",
    )
    tensorboard: bool = option(False, help="Also write every epoch's curves into RUN/tensorboard, for `tensorboard --logdir runs`.")
    track: str | None = option(
        None,
        none="none",
        help="Also keep parameters, every epoch, results and the model in MLflow: mlflow, or mlflow:ADDRESS of a server or database, say "
        "mlflow:http://localhost:5000; or in a tracker that another package brings.",
    )

    @model_validator(mode="after")
    def _has_more_than_one_view(self) -> Self:
        if self.views > 1 and self.augment == "none":
            raise SpecError(f"--views must be 1 with --augment none, which varies nothing. Received: {self.views}.")
        return self

    @model_validator(mode="after")
    def _can_write_curves(self) -> Self:
        if self.tensorboard and find_spec("tensorboardX") is None:
            raise SpecError(
                "--tensorboard needs the package tensorboardX. Received: none installed. Install it with: pip install 'tltool[tensorboard]'"
            )
        return self

    @model_validator(mode="after")
    def _can_be_tracked(self) -> Self:
        if self.track is not None:
            open_tracker(self.track)
        return self
