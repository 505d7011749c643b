"""A wish and the number of photos → the phases of a training. Pure arithmetic."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from tltool.errors import SpecError
from tltool.progress import warn
from tltool.specs import Head, Training

FINE_TUNING_STEPS = 300
SCRATCH_STEPS = 1500
DECODER_STEPS = 150
UNLIMITED = 10_000  # epochs


@dataclass(frozen=True)
class Phase:
    """One stretch of training in which the same layers learn.

    Attributes:
        name: ``head`` (the head alone, on features of the frozen backbone), ``decoder`` (a head on maps alone), ``fine-tuning`` or
            ``training``.
        unfreeze: layers of the backbone that learn, as in ``Backbone.unfreeze``.
        batch_norm: ``frozen``, ``adapt`` or ``train``.
        epochs: most epochs; ``patience`` epochs without a better validation score end it earlier.
        learning_rate: its peak, after ``warm_up`` (a share of all steps), before the cosine.
        solved: the head is one linear layer, so its weights are solved for and not trained; rate and epochs do not apply.
        layer_decay: factor on the rate with each block of the backbone, from the head down.
        whole: photos go through the whole model in every step, even where nothing of the backbone learns.
        views: ways in which the head sees each training photo, varied as ``augment`` says; see ``models.views``.
        minutes: most minutes, or None; with them the rate falls by the clock, see ``rate_by_clock``.
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
    minutes: float | None = None
    views: int = 1
    whole: bool = False

    @property
    def on_features(self) -> bool:
        """Whether nothing below the head learns, so that the head learns from features that are computed once."""
        return self.unfreeze == "none" and not self.whole

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def as_records(phases: Sequence[Phase]) -> list[dict[str, Any]]:
    """What ``run.json`` keeps of the phases."""
    return [phase.as_dict() for phase in phases]


class Defaults(NamedTuple):
    """What a training has where the user does not say it: of a head on pooled features, or of one on maps."""

    batch_size: int
    steps: int  # of a fine-tuning
    most_epochs: int
    rate: float  # of a fine-tuning
    augment: str
    first_rate: float  # from random weights
    first_augment: str


POOLED = Defaults(32, FINE_TUNING_STEPS, 30, 1e-4, "standard", 1e-3, "light")
ON_MAP = Defaults(16, FINE_TUNING_STEPS, 60, 7e-4, "wide", 3e-3, "wide")  # objects are few, and lie anywhere


def resolve_training(training: Training, photos: int, pretrained: bool, on_map: bool = False, may_flip: bool = True) -> Training:
    """``training`` with every automatic field filled in for ``photos`` training photos.

    The number of epochs follows the number of steps, as in BiT's hyper-rule (Kolesnikov et al. 2020): a fine-tuning takes at least
    300 steps and 3 epochs, and at most 30 epochs; a training from scratch 1,500 steps, 15 to 60 epochs. With minutes, the clock alone
    ends it. A head ``on_map`` gets smaller batches, more epochs and higher rates, and photos that vary more (TTFNet, Liu et al. 2020).
    """
    usual = ON_MAP if on_map else POOLED
    training = training.prefer(batch_size=usual.batch_size, flip=may_flip)
    steps = -(-photos // training.batch_size)
    if training.minutes:
        training = training.fill(epochs=UNLIMITED)
        if training.deterministic:
            warn("With --minutes the clock says how far a training gets: --deterministic alone does not give the same weights again.")
    if pretrained:
        epochs = _between(3, round(usual.steps / steps), usual.most_epochs)
        return training.fill(epochs=epochs, learning_rate=usual.rate, augment=usual.augment)
    epochs = _between(15, round(SCRATCH_STEPS / steps), 60)
    return training.fill(epochs=epochs, learning_rate=usual.first_rate, augment=usual.first_augment)


def without_augmentation(training: Training) -> Training:
    """``training`` for what is no photo, so that nothing is augmented.

    Raises:
        SpecError: augmentation was asked for.
    """
    asked = [f"--augment {training.augment}"] * (training.augment not in (None, "none")) + ["--no-flip"] * (not training.flip)
    if asked:
        raise SpecError(f"--augment and --no-flip must be left away with signals: they are made for photos. Received: {' '.join(asked)}.")
    return training.fill(augment="none")


def plan_phases(
    training: Training,
    head: Head,
    unfreeze: int | str = "all",
    pretrained: bool = False,
    batch_norm: str | None = None,
    layer_decay: float = 1.0,
    photos: int | None = None,
) -> list[Phase]:
    """The phases of a resolved ``training``; of a head on maps where it says of how many training ``photos``.

    Pretrained: the head alone on a frozen backbone, then, unless ``unfreeze`` is none, the unfrozen layers at a lower rate with
    batch norm frozen unless ``batch_norm`` says otherwise. From random weights: one phase in which everything learns.
    """
    if not pretrained:
        _say_what_has_no_effect(training, ("views",), "from random weights: no head learns on a frozen backbone")
        return [
            replace(_deep(training, "training", "all", batch_norm or "train", layer_decay), patience=max(10, (training.epochs or 1) // 2))
        ]
    first = _head_alone(training, head) if photos is None else _decoder_alone(training, photos)
    if unfreeze in ("none", 0):
        idle = ("epochs", "minutes", "learning_rate", *(["augment"] if training.views == 1 else []))
        _say_what_has_no_effect(training, idle, "with --unfreeze none: there is no fine-tuning")
        return [first]
    return [first, _deep(training, "fine-tuning", unfreeze, batch_norm or "frozen", layer_decay)]


def _head_alone(training: Training, head: Head) -> Phase:
    linear = not head.dense and head.pool != "flatten"
    return Phase(
        "head",
        "none",
        "frozen",
        epochs=100,
        learning_rate=1e-3,
        patience=10,
        solved=linear,
        augment=training.augment or "none" if training.views > 1 else "none",
        views=training.views,
        minutes=None if linear else training.minutes,
    )


def _decoder_alone(training: Training, photos: int) -> Phase:
    """The layers on the maps of a frozen backbone, which start from random weights."""
    epochs = _between(3, round(DECODER_STEPS / -(-photos // training.batch_size)), 30)
    augment, minutes = training.augment or "none", training.minutes and training.minutes / 3
    return Phase("decoder", "none", "frozen", epochs, 3e-3, patience=max(3, epochs // 2), augment=augment, minutes=minutes, whole=True)


def _deep(training: Training, name: str, unfreeze: int | str, batch_norm: str, layer_decay: float) -> Phase:
    """A phase in which layers below the head learn."""
    epochs = training.epochs or 1
    return Phase(
        name,
        unfreeze,
        batch_norm,
        epochs,
        training.learning_rate or 1e-3,
        patience=max(3, epochs // 3),
        augment=training.augment or "none",
        layer_decay=layer_decay,
        minutes=training.minutes,
    )


def rate_by_clock(phase: Phase, seconds: float, epoch: int) -> float:
    """The learning rate of the whole ``epoch`` (from 0) of a ``phase`` with minutes that begins after ``seconds`` of it.

    A cosine over the share of the time that is spent, or of the epochs where that is more: a schedule must end when the budget does
    (Li, Yumer and Ramanan 2020, "Budgeted training"), and how many epochs fit is not known before. The first epoch has half the rate,
    the mean of a linear warm-up through it.
    """
    spent = min(1.0, max(seconds / (60 * (phase.minutes or math.inf)), epoch / phase.epochs))
    return phase.learning_rate * (0.5 if epoch == 0 and phase.warm_up else 1.0) * (1 + math.cos(math.pi * spent)) / 2


def _say_what_has_no_effect(training: Training, fields: Iterable[str], where: str) -> None:
    idle = [f"--{field.replace('_', '-')}" for field in fields if field in training.model_fields_set]
    if idle:
        warn(f"{', '.join(idle)} {'has' if len(idle) == 1 else 'have'} no effect {where}.")


def _between(low: int, value: int, high: int) -> int:
    return max(low, min(value, high))
