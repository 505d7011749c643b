"""Texts made from the card: the page for people, and a few lines of code for each kind of app."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tltool.atomic import draft
from tltool.errors import ExportError
from tltool.evaluation.caution import PRECISION
from tltool.exports.bundle import told
from tltool.exports.bundle.markup import prose
from tltool.runs.trust import threshold_at
from tltool.task import task_named

FOLDER, BASE, CLASSIFY = "snippets", "tltool.exports.bundle", "classify.py"
LANGUAGES = ("kt", "swift")
BEST = ("int8", "int16x8", "dynamic", "float16", "float32")  # the first that is there stands in the Python snippet


def write_snippets(folder: Path, card: dict[str, Any]) -> list[str]:
    """Write ``snippets/`` for the .tflite files of the card; return the files by their path in ``folder``."""
    tflites = {model["precision"]: model for model in card["artefacts"] if model["format"] == "tflite"}
    if not tflites:
        return []
    (folder / FOLDER).mkdir(exist_ok=True)
    texts = {f"{FOLDER}/{python_of(card)}": render(python_of(card), card, best=choose_best(card["artefacts"]))}
    caller = task_named(card.get("task", "classify")).exported.CALLER
    for precision, model in tflites.items():
        name = f"{caller}{precision.capitalize()}"
        for language in LANGUAGES:
            texts[f"{FOLDER}/{name}.{language}"] = render(f"{caller}.{language}", card, model=model, name=name)
    for name in texts:
        write_text(folder / name, texts[name])
    return list(texts)


def python_of(card: Mapping[str, Any]) -> str:
    """The Python snippet for the card's task. Those that locate something have one of their own."""
    task = card.get("task", "classify")
    return f"{task}.py" if task_named(task).labels.ANNOTATED else CLASSIFY


def choose_best(artefacts: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The .tflite file among the card's ``artefacts`` that the Python snippet reads, if there is one."""
    tflites = {model["precision"]: model for model in artefacts if model["format"] == "tflite"}
    return next((tflites[precision] for precision in BEST if precision in tflites), None)


def render(template: str, card: dict[str, Any], **more: Any) -> str:
    """The text of a template in ``templates/`` for ``card``."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined

    task = task_named(card.get("task", "classify"))
    ours, own = PackageLoader(BASE), map(PackageLoader, task.exported.TEMPLATES)
    every = [*own, ours, PrefixLoader({"bundle": ours})]  # a task's may extend ours of the same name
    environment = Environment(loader=ChoiceLoader(every), undefined=StrictUndefined, keep_trailing_newline=True)
    environment.filters |= {"prose": prose, "number": "{:,}".format, "share": "{:.1%}".format, "threshold": _threshold}
    environment.filters |= {"tensors": lambda model: [_tensor_of(model, name) for name in task.outputs.NAMES]}
    environment.filters |= {"axes": _axes, "told_last": partial(told.sentences, task), "told_tables": partial(told.tables, task)}
    known = {
        "mediapipe": task.exported.MEDIAPIPE,
        "caller": task.exported.CALLER,
        "python": python_of(card),
        "names": task.outputs.NAMES,
        "unit": getattr(task.exported, "UNIT", ""),
        "tensor_of": _tensor_of,
        "least": _least(card),
    }
    return environment.get_template(f"{template}.jinja").render({**card, **known, "compared_score": task.measures.SCORE.name, **more})


def _least(card: Mapping[str, Any]) -> float | None:
    """From which probability on an answer is right as often as ``caution.PRECISION`` says; None where that is not known."""
    return threshold_at((card.get("scores") or {}).get("trust") or {}, PRECISION)


def _threshold(name: str, chosen: Mapping[str, float]) -> float:
    """From which score on a class is named, where each has a threshold of its own; one half where none was chosen."""
    return chosen.get(name, 0.5)


def _axes(shape: Sequence[int | None]) -> str:
    """Such as ``[n, 7, 7, 3]``."""
    return f"[{', '.join('n' if side is None else str(side) for side in shape)}]"


def _tensor_of(model: Mapping[str, Any], name: str) -> Any:
    """The output of an artefact that is called ``name``, as the card describes it."""
    if model["format"] == "saved_model":
        return model["signatures"].get("numbers_only", {}).get("output", {}).get(name)
    return model.get("outputs", {name: model.get("output")})[name]


def write_text(file: Path, text: str) -> str:
    """Write one of the texts beside the models, whole or not at all, and return its name."""
    with draft(file, ExportError) as beside:
        beside.write_text(text, encoding="utf-8", errors="replace")
    return file.name
