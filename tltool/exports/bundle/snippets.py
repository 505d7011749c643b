"""Texts made from the card: the page for people, and a few lines of code for each kind of app."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tltool.atomic import draft
from tltool.errors import ExportError
from tltool.task import task_named

FOLDER, BASE = "snippets", "tltool.exports.bundle"
BEST = ("int8", "int16x8", "dynamic", "float16", "float32")  # the first that is there stands in the Python snippet
SPECIAL = re.compile(r"([\\`*\[\]|~]|(?<![^\W_])_|_(?![^\W_]))")  # an underscore within a word means nothing


def write_snippets(folder: Path, card: dict[str, Any]) -> list[str]:
    """Write ``snippets/`` for the .tflite files of the card; return the files by their path in ``folder``."""
    tflites = {model["precision"]: model for model in card["artefacts"] if model["format"] == "tflite"}
    if not tflites:
        return []
    (folder / FOLDER).mkdir(exist_ok=True)
    texts = {f"{FOLDER}/classify.py": render("classify.py", card, best=choose_best(card["artefacts"]))}
    for precision, model in tflites.items():
        name = f"Classifier{precision.capitalize()}"
        for language in ("kt", "swift"):
            texts[f"{FOLDER}/{name}.{language}"] = render(f"Classifier.{language}", card, model=model, name=name)
    for name in texts:
        write_text(folder / name, texts[name])
    return list(texts)


def choose_best(artefacts: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The .tflite file among the card's ``artefacts`` that the Python snippet reads, if there is one."""
    tflites = {model["precision"]: model for model in artefacts if model["format"] == "tflite"}
    return next((tflites[precision] for precision in BEST if precision in tflites), None)


def render(template: str, card: dict[str, Any], **more: Any) -> str:
    """The text of a template in ``templates/`` for ``card``."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined

    ours, own = PackageLoader(BASE), task_named(card.get("task", "classify")).exported.TEMPLATES
    every = [*([PackageLoader(own)] if own else []), ours, PrefixLoader({"bundle": ours})]  # a task's may extend ours of the same name
    environment = Environment(loader=ChoiceLoader(every), undefined=StrictUndefined, keep_trailing_newline=True)
    environment.filters |= {"prose": prose, "number": "{:,}".format, "share": "{:.1%}".format, "threshold": _threshold}
    return environment.get_template(f"{template}.jinja").render({**card, **more})


def _threshold(name: str, chosen: Mapping[str, float]) -> float:
    """From which score on a class is named, where each has a threshold of its own; one half where none was chosen."""
    return chosen.get(name, 0.5)


def prose(text: object) -> str:
    """A name as plain text in Markdown: whatever it holds, it makes no markup, no HTML and no new line."""
    line = "".join(sign if sign.isprintable() else " " for sign in str(text))
    return SPECIAL.sub(r"\\\1", line.replace("&", "&amp;").replace("<", "&lt;"))


def write_text(file: Path, text: str) -> str:
    """Write one of the texts beside the models, whole or not at all, and return its name."""
    with draft(file, ExportError) as beside:
        beside.write_text(text, encoding="utf-8", errors="replace")
    return file.name
