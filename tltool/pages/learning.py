"""How a run learned, epoch by epoch and phase by phase, from its ``history.csv`` and the plan in ``run.json``."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from tltool.chart import Curve, Panel
from tltool.measuring import Score
from tltool.progress import Table, table
from tltool.runs import Record
from tltool.runs.forms import LearningCurve

SMOOTH = 24  # steps of a curve that is computed


class Epoch(NamedTuple):
    """One row; None is what was not measured, as with a head that was solved for.

    Attributes:
        number: counted over all phases, from 1.
        train, validation: the score.
    """

    phase: str
    number: int
    loss: float | None
    train: float | None
    validation_loss: float | None
    validation: float | None
    seconds: float | None


class Stretch(NamedTuple):
    """The epochs of one phase on the axis of all."""

    name: str
    start: int
    end: int


def read_epochs(history: Sequence[dict[str, str]], score: Score) -> list[Epoch]:
    """``history`` in numbers."""
    return [
        Epoch(
            row.get("phase") or "",
            number,
            *(_number(row.get(name)) for name in ("loss", score.key, "val_loss", f"val_{score.key}", "seconds")),
        )
        for number, row in enumerate(history, start=1)
    ]


def stretches(epochs: Sequence[Epoch]) -> list[Stretch]:
    """The phases in order."""
    names = list(dict.fromkeys(epoch.phase for epoch in epochs))
    numbers = {name: [epoch.number for epoch in epochs if epoch.phase == name] for name in names}
    return [Stretch(name, min(its), max(its)) for name, its in numbers.items()]


def best_epoch(epochs: Sequence[Epoch], phase: str) -> Epoch | None:
    """The epoch of ``phase`` with the best validation score; None where it has none."""
    rated = [epoch for epoch in epochs if epoch.phase == phase and epoch.validation is not None]
    return max(rated, key=lambda epoch: epoch.validation or 0.0, default=None)


def learning_curves(epochs: Sequence[Epoch], score: Score) -> list[Panel]:
    """Score and loss over the epochs, on training and on validation photos; none of fewer than two epochs."""
    drawn = [
        (score.name[:1].upper() + score.name[1:], score.name, [(epoch.train, epoch.validation) for epoch in epochs]),
        ("Loss", "loss", [(epoch.loss, epoch.validation_loss) for epoch in epochs]),
    ]
    panels = []
    for title, up, values in drawn:
        curves = [
            _curve(name, [pair[place] for pair in values], place) for place, name in enumerate(("training photos", "validation photos"))
        ]
        there = tuple(curve for curve in curves if len(curve.across) > 1)
        if there:
            panels.append(Panel(title, "epoch", up, there, float(len(epochs))))
    return panels


def shares_panel(curve: LearningCurve, score: Score) -> Panel:
    """What a linear head reached with so many photos, and the power law through it up to twice as many as there are."""
    most, (floor, above, steepness) = curve.photos[-1], curve.law
    measured = Curve("measured, mean of draws", tuple(map(float, curve.photos)), tuple(sum(its) / len(its) for its in curve.scores), 0)
    across = [curve.photos[0] + (2 * most - curve.photos[0]) * step / SMOOTH for step in range(SMOOTH + 1)]
    law = tuple(min(1.0, max(0.0, 1 - floor - above * (photos / most) ** -steepness)) for photos in across)
    curves = (Curve("power law, up to twice as many", tuple(across), law, 1), measured)
    return Panel("What more photos bring", "training photos", f"validation {score.name}", curves, 2.0 * most)


def tell_shares(curve: LearningCurve, score: Score) -> Table:
    """The same in numbers."""
    rows = [
        (f"{n:,}", len(its), f"{sum(its) / len(its):.3f}", f"{min(its):.3f}", f"{max(its):.3f}")
        for n, its in zip(curve.photos, curve.scores, strict=True)
    ]
    return table(
        "A linear head on shares of the photos", ("training photos", "draws", f"validation {score.name}", "lowest", "highest"), rows
    )


def tell_phases(record: Record, epochs: Sequence[Epoch], score: Score) -> Table:
    """The plan, and how far each phase came."""
    columns = ("phase", "layers that learn", "learning rate", "photos vary", "batch norm", "epochs", f"best validation {score.name}")
    rows = []
    for phase in record.phases:
        ran = sum(epoch.phase == phase.name for epoch in epochs)
        best, planned = record.validation_accuracy.get(phase.name), phase.content.get("epochs")
        kept = " (kept)" if phase.name == record.kept else ""
        rows.append(
            (
                f"{phase.name}{kept}",
                "the head alone" if phase.unfreeze == "none" else f"head and {_reach(phase.unfreeze)}",
                "solved" if phase.solved else f"{phase.learning_rate:g}",
                phase.augment,
                phase.batch_norm,
                "–" if phase.solved else f"{ran} of {_most(planned, phase.content.get('minutes'))}",
                "–" if best is None else f"{best:.3f}",
            )
        )
    return table("Plan", columns, rows)


def tell_epochs(epochs: Sequence[Epoch], score: Score) -> Table:
    """Every epoch, for those who would rather read than look."""
    columns = ("phase", "epoch", "loss", score.name, "validation loss", f"validation {score.name}", "seconds")
    return table("Epochs", columns, [(epoch.phase, epoch.number, *map(_cell, epoch[2:6]), _cell(epoch.seconds, 1)) for epoch in epochs])


def _curve(name: str, values: Sequence[float | None], place: int) -> Curve:
    points = [(float(number), value) for number, value in enumerate(values, start=1) if value is not None]
    return Curve(name, tuple(x for x, _ in points), tuple(y for _, y in points), place)


def _number(cell: str | None) -> float | None:
    try:
        number = float(cell or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _reach(unfreeze: int | str) -> str:
    if isinstance(unfreeze, int):
        return f"the last {unfreeze} layers"
    return "all layers of the backbone" if unfreeze == "all" else f"the backbone from {unfreeze} on"


def _most(epochs: object, minutes: object) -> str:
    return f"as many as fit into {minutes:g} min" if isinstance(minutes, (int, float)) else f"up to {epochs}" if epochs else "?"


def _cell(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
