"""The shelf of recipes: list them, hand one over as a program of the user's own."""

import inspect
import os
import re
from pathlib import Path
from typing import Any

import click

from tltool.atomic import draft
from tltool.catalog import RECIPES
from tltool.errors import RunError
from tltool.lookup import entry, locate
from tltool.options import guarded, typed_for
from tltool.progress import table
from tltool.terminal import tell


@click.command(help="List the recipes.")
def recipes() -> None:
    rows = [(name, (inspect.getdoc(locate(address)) or "").partition("\n")[0]) for name, address in RECIPES.items()]
    tell([table("Recipes", ("name", "what it does"), rows), "Next: tltool copy NAME writes one into this folder as a program of your own."])


@click.command(help="Write a recipe into this folder as a program of your own.\n\nIt takes the same flags.")
@click.argument("name")
@click.option("--from", "earlier", type=click.Path(path_type=Path), metavar="RUN", help="Make what was typed for this run its defaults.")
@guarded
def copy(name: str, earlier: Path | None) -> None:
    recipe = locate(entry(name, RECIPES, "recipe"))
    source, target = Path(inspect.getfile(inspect.unwrap(recipe))).read_text(encoding="utf-8"), Path(f"{name}.py")
    if earlier is not None:
        source = with_defaults(source, typed_for(recipe, earlier))
    if os.path.lexists(target):
        raise RunError(f"{target} must not exist yet. Received: a file of that name in this folder. Rename it or go elsewhere.")
    with draft(target.absolute(), RunError) as beside:
        beside.write_text(source, encoding="utf-8")
    tell([f"Wrote {target}. Next: python {target} --help"])


def with_defaults(source: str, typed: dict[str, Any]) -> str:
    """``source`` with the parameters of its function defaulting to ``typed`` values, written out in the signature where a reader sees them:
    ``photos: Photos`` becomes ``photos: Photos = Photos(size=96)``, and ``folds: Folds = None`` becomes ``folds: Folds = 5``."""
    for parameter, fields in typed.items():
        if not isinstance(fields, dict):
            before, named, after = re.split(rf"\b({parameter}: \w+ = )\w+", source, maxsplit=1)
            source = f"{before}{named}{fields!r}{after}"
            continue
        values = ", ".join(f"{field}={value!r}" for field, value in fields.items())
        before, spec, after = re.split(rf"\b{parameter}: (\w+)(?: = \w+\((?:[^()]|\([^()]*\))*\))?", source, maxsplit=1)
        source = f"{before}{parameter}: {spec} = {spec}({values}){after}"
    return source
