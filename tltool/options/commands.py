"""A recipe as a command: its flags from its type hints, what was typed over what an earlier run typed over its defaults."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import click

from tltool.errors import GateError, SpecError
from tltool.keras_settings import explained
from tltool.options.boundary import Result, guarded, present
from tltool.options.docstrings import summary_of
from tltool.options.flags import Option, key_of, options_of, parameter_of
from tltool.options.slips import RecipeCommand
from tltool.runs import read_asked, read_typed, reopen, spec_kinds
from tltool.specs import Spec


def program(recipe: Callable[..., Result]) -> None:
    """Run ``recipe`` as a program: its flags from its type hints, its result on standard output."""
    command(recipe)()


def command(recipe: Callable[..., Result]) -> click.Command:
    """The Click command that is ``recipe``."""
    options = list(options_of(recipe))
    returned = get_type_hints(recipe).get("return")
    parameters = [parameter_of(option) for option in options]
    if any(option.field for option in options) and any(option.parameter == "out" for option in options):  # it leaves a run
        parameters.append(
            click.Option(
                ["--from", "earlier"],
                type=click.Path(path_type=Path),
                metavar="RUN",
                help="Take what was typed for an earlier run; flags given here win.",
            )
        )
    if hasattr(returned, "csv"):
        parameters.append(click.Option(["--csv", "as_csv"], is_flag=True, help="Print a CSV table on standard output."))
    parameters.append(click.Option(["--json", "as_json"], is_flag=True, help="Print JSON on standard output, one object per line."))
    return RecipeCommand(
        recipe.__name__, params=parameters, help=summary_of(recipe), callback=guarded(functools.partial(_call, recipe, options))
    )


def _call(
    recipe: Callable[..., Result],
    options: list[Option],
    earlier: Path | None = None,
    as_json: bool = False,
    as_csv: bool = False,
    **given: Any,
) -> int:
    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude each other.", click.get_current_context(silent=True))
    try:
        with explained():
            result = recipe(**_arguments(recipe, options, given, earlier))
    except GateError as missed:
        present(missed.result, as_json, as_csv)
        raise
    present(result, as_json, as_csv)
    return getattr(result, "exit_code", 0)


def _arguments(recipe: Callable[..., Result], options: list[Option], given: dict[str, Any], earlier: Path | None) -> dict[str, Any]:
    if not given.get("resume"):
        return arguments(recipe, options, given, typed_for(recipe, earlier) if earlier else {})
    typed = [option for option in options if given.get(key_of(option)) not in (None, ())]
    others = [f"--{option.name}" for option in typed if option.field or option.parameter in ("out", "force")] + ["--from"] * bool(earlier)
    if others:
        raise click.UsageError(
            f"--resume takes everything from the run; leave {', '.join(others)} away.", click.get_current_context(silent=True)
        )
    return reopen(given["resume"], recipe) | {option.parameter: given[key_of(option)] for option in typed}


def typed_for(recipe: Callable[..., Any], earlier: Path) -> dict[str, Any]:
    """What was typed for an earlier run of ``recipe``: fields by name of the spec, and values of its other parameters.

    Raises:
        RunError: the run is one of another recipe.
        SpecError: a field or a value that does not hold; a run folder may come from anywhere.
    """
    typed, kinds = read_typed(earlier, recipe, "--from"), spec_kinds(recipe)
    for name, fields in typed.items():
        kinds[name](**fields)
    return {**typed, **read_asked(earlier, recipe)}


def arguments(recipe: Callable[..., Any], options: list[Option], given: dict[str, Any], earlier: dict[str, Any]) -> dict[str, Any]:
    """The recipe's arguments: what was typed over what an earlier run typed over the recipe's own defaults.

    Raises:
        SpecError: a value that cannot hold.
        click.UsageError: a required one is missing.
    """
    typed = {option: given[key_of(option)] for option in options if given.get(key_of(option)) not in (None, ())}
    for option, value in typed.items():
        if value != value:  # NaN passes every bound, and a gate set to it lets everything through
            raise SpecError(f"--{option.name} must be a number. Received: {value}.")
    hints, calls = get_type_hints(recipe), {}
    for name, parameter in inspect.signature(recipe).parameters.items():
        fields = {option.field: value for option, value in typed.items() if option.parameter == name}
        if isinstance(hints[name], type) and issubclass(hints[name], Spec):
            base = parameter.default.typed() if isinstance(parameter.default, Spec) else {}
            kind = hints[name]
            values = kind.over(kind.over(base, earlier.get(name, {})), fields)
            for option in options:
                if option.parameter == name and option.info.is_required() and option.field not in values:
                    what = f"argument '{option.name.upper()}'" if option.extra.get("argument") else f"option '--{option.name}'"
                    raise click.UsageError(f"Missing {what}.", click.get_current_context(silent=True))
            calls[name] = hints[name](**values)
        elif fields:
            calls[name] = fields[None]
        elif name in earlier:
            calls[name] = earlier[name]
        elif parameter.default is parameter.empty:
            raise SpecError(f"{recipe.__name__} needs {name}.")
    return calls
