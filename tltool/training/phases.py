"""A wish and the number of photos → the phases of a training. Pure arithmetic."""

from dataclasses import asdict, dataclass
from typing import Any

from tltool.progress import warn
from tltool.specs import Head, Training

FINE_TUNING_STEPS = 300
SCRATCH_STEPS = 1500


@dataclass(frozen=True)
class Phase:
    """One stretch of training in which the same layers learn.

    Attributes:
        name: ``head`` (the head alone, on features of the frozen backbone), ``fine-tuning`` or ``training``.
        unfreeze: layers of the backbone that learn, as in ``Backbone.unfreeze``.
        batch_norm: ``frozen``, ``adapt`` or ``train``.
        epochs: most epochs; ``patience`` epochs without a better validation score end it earlier.
        learning_rate: its peak, after ``warm_up`` (a share of all steps), before the cosine.
        solved: the head is one linear layer, so its weights are solved for and not trained; rate and epochs do not apply.
        layer_decay: factor on the rate with each block of the backbone, from the head down.
    """

    name: str
    unfreeze: int | str
    batch_norm: str
    epochs: int
    learning_rate: float
    patience: int
    augment: str = "none"
    warm_up: float = 0.1
    solved: bool = False
    layer_decay: float = 1.0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def resolve_training(training: Training, photos: int, pretrained: bool) -> Training:
    """``training`` with every automatic field filled in for ``photos`` training photos.

    The number of epochs follows the number of steps, as in BiT's hyper-rule (Kolesnikov et al. 2020): a fine-tuning takes at least
    300 steps and 3 epochs, and at most 30 epochs; a training from scratch 1,500 steps, 15 to 60 epochs.
    """
    steps = -(-photos // training.batch_size)
    if pretrained:
        return training.fill(epochs=_between(3, round(FINE_TUNING_STEPS / steps), 30), learning_rate=1e-4, augment="standard")
    return training.fill(epochs=_between(15, round(SCRATCH_STEPS / steps), 60), learning_rate=1e-3, augment="light")


def plan_phases(training: Training, head: Head, unfreeze: int | str = "all", pretrained: bool = False, batch_norm: str | None = None,
                layer_decay: float = 1.0) -> list[Phase]:
    """The phases of a resolved ``training``.

    Pretrained: the head alone on a frozen backbone, then, unless ``unfreeze`` is none, the unfrozen layers at a lower rate with
    batch norm frozen unless ``batch_norm`` says otherwise. From random weights: one phase in which everything learns.
    """
    epochs, rate, augment = training.epochs or 1, training.learning_rate or 1e-3, training.augment or "none"
    if not pretrained:
        return [Phase("training", "all", batch_norm or "train", epochs, rate, patience=max(10, epochs // 2), augment=augment,
                      layer_decay=layer_decay)]
    linear = not head.dense and head.pool != "flatten"
    first = Phase("head", "none", "frozen", epochs=100, learning_rate=1e-3, patience=10, solved=linear)
    if unfreeze in ("none", 0):
        _say_what_has_no_effect(training)
        return [first]
    return [first, Phase("fine-tuning", unfreeze, batch_norm or "frozen", epochs, rate, patience=max(3, epochs // 3), augment=augment,
                         layer_decay=layer_decay)]


def _say_what_has_no_effect(training: Training) -> None:
    idle = [f"--{field.replace('_', '-')}" for field in ("epochs", "learning_rate", "augment") if field in training.model_fields_set]
    if idle:
        warn(f"{', '.join(idle)} {'has' if len(idle) == 1 else 'have'} no effect with --unfreeze none: there is no fine-tuning.")


def _between(low: int, value: int, high: int) -> int:
    return max(low, min(value, high))
