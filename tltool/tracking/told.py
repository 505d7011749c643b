"""What a tracker is told of a run: plain values, from the run's own files and its model."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tltool.runs import Record, Report
from tltool.trackers import Shape, Shapes, Value

FACTS = ("recipe", "task", "size", "channels", "fit", "tiles", "device")
MODEL_FILES = ("model.keras", "run.json", "labels.txt")  # a run that `tltool predict` takes
OTHER_FILES = ("report.json", "history.csv")  # not split.csv and predictions.csv, which name photos, nor pages, which show them


def params_of(record: Record) -> dict[str, Value]:
    """Everything that was asked for, as it was resolved, and of what; what has no value is left out."""
    fields = {f"{spec}.{name}": value for spec, named in record.resolved.items() for name, value in named.items()}
    facts = {name: getattr(record, name) for name in FACTS}
    versions = {f"versions.{name}": found for name, found in record.versions.items()}
    named = {**fields, **facts, **versions, "classes": len(record.classes)}
    return {name: _plain(value) for name, value in named.items() if value not in (None, [])}


def _plain(value: Any) -> Value:
    return value if isinstance(value, (str, int, float)) else json.dumps(value, ensure_ascii=False)


def metrics_of_epoch(row: Mapping[str, Any]) -> dict[str, float]:
    """A row of history, each number under its phase and name: ``fine-tuning/val_loss``."""
    return {f"{row['phase']}/{name}": value for name, value in _numbers(row).items() if name != "epoch"}


def metrics_of_report(report: Report) -> dict[str, float]:
    """The numbers of a report under the part that was measured: its own, those one level down, as ``guess/miou``, and both ends of every
    interval. Of single classes, points and photos it says more."""
    content = report.content
    found: dict[str, float] = {}
    for name, value in content.items():
        if name.endswith("_interval") and isinstance(value, list):
            measure = name.removesuffix("_interval")
            found |= {f"{measure}_low": value[0], f"{measure}_high": value[1]}
        elif isinstance(value, dict):
            found |= {f"{name}/{inner}": number for inner, number in _numbers(value).items()}
    return {f"{report.split}/{name}": float(value) for name, value in {**_numbers(content), **found}.items() if name != "format"}


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Those of ``values`` that are finite numbers."""
    return {
        name: float(value)
        for name, value in values.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    }


def files_of(folder: Path) -> dict[str, Path]:
    """What a tracker is given of the run in ``folder``, by where it belongs; what is not there is left out."""
    wanted = {**{name: folder / name for name in OTHER_FILES}, **{f"model/{name}": folder / name for name in MODEL_FILES}}
    return {place: file for place, file in wanted.items() if file.is_file()}


def shapes_of(model: Any) -> Shapes:
    """The tensors of a ``keras.Model``, each with −1 for what is open."""
    return Shapes(*(tuple(_shape(tensor) for tensor in tensors) for tensors in (model.inputs, model.outputs)))


def _shape(tensor: Any) -> Shape:
    return Shape(str(tensor.dtype), tuple(-1 if side is None else int(side) for side in tensor.shape))
