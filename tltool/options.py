"""A recipe's parameters ⇄ Click options: turns any recipe into a program, and is the one place where errors become exit codes.

A recipe is a function whose parameters are specs or plain annotated values. Every field of a spec becomes one flag; nothing
is described twice.
"""

import functools
import inspect
import os
import signal
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Protocol, Union, get_args, get_origin, get_type_hints

import click
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from tltool import terminal
from tltool.errors import GateError, SpecError, TltoolError
from tltool.progress import Table
from tltool.runs import read_asked, read_typed, reopen, spec_kinds
from tltool.specs import Spec
from tltool.usage import Command
from tltool.wording import shown

BACKENDS = ("tensorflow", "jax")


class Result(Protocol):
    """What a recipe returns: something that can be told to people and written for machines."""

    def said(self) -> Iterable[Table | str]:
        """Tables and lines for people."""

    def records(self) -> Iterable[dict[str, Any]]:
        """Objects for machines, one JSON line each."""


@dataclass(frozen=True)
class Option:
    """One flag: the recipe's parameter, the spec's field in it (None for a plain parameter), and the field's description."""

    parameter: str
    field: str | None
    info: FieldInfo
    shown: Any

    @property
    def extra(self) -> dict[str, Any]:
        return self.info.json_schema_extra or {}  # type: ignore[return-value]

    @property
    def name(self) -> str:
        return (self.extra.get("flag") or self.field or self.parameter).replace("_", "-")

    @property
    def required(self) -> bool:
        return self.info.is_required() and self.shown is PydanticUndefined


def program(recipe: Callable[..., Result]) -> None:
    """Run ``recipe`` as a program: its flags from its type hints, its result on standard output."""
    command(recipe)()


def command(recipe: Callable[..., Result]) -> click.Command:
    """The Click command that is ``recipe``."""
    options = list(options_of(recipe))
    returned = get_type_hints(recipe).get("return")
    parameters = [_parameter(option) for option in options]
    if any(option.field for option in options) and any(option.parameter == "out" for option in options):  # it leaves a run
        parameters.append(click.Option(["--from", "earlier"], type=click.Path(path_type=Path), metavar="RUN",
                                       help="Take what was typed for an earlier run; flags given here win."))
    if hasattr(returned, "csv"):
        parameters.append(click.Option(["--csv", "as_csv"], is_flag=True, help="Print a CSV table on standard output."))
    parameters.append(click.Option(["--json", "as_json"], is_flag=True, help="Print JSON on standard output, one object per line."))
    return Command(recipe.__name__, params=parameters, help=inspect.cleandoc(recipe.__doc__ or "").split("\n\nArgs:")[0],
                         callback=guarded(functools.partial(_call, recipe, options)))


def options_of(recipe: Callable[..., Any]) -> Iterable[Option]:
    """Every flag of ``recipe``, in the order of its parameters and their fields."""
    hints = get_type_hints(recipe, include_extras=True)
    for name, parameter in inspect.signature(recipe).parameters.items():
        given = PydanticUndefined if parameter.default is parameter.empty else parameter.default
        if isinstance(hints[name], type) and issubclass(hints[name], Spec):
            for field, info in hints[name].model_fields.items():
                yield Option(name, field, info, info.default if given is PydanticUndefined else getattr(given, field))
        else:
            yield Option(name, None, FieldInfo.from_annotation(hints[name]), given)


def _parameter(option: Option) -> click.Parameter:
    kind, multiple = _click_type(option.info)
    if option.extra.get("argument"):
        return click.Argument([_key(option)], type=kind, nargs=-1 if multiple else 1, required=option.required and not option.field,
                              metavar=_metavar(option, multiple))
    if kind is bool:
        names = f"--{option.name}/--no-{option.name}" if option.shown is True else f"--{option.name}"
        return click.Option([_key(option), names], is_flag=True, default=None, help=option.info.description)
    return click.Option([_key(option), f"--{option.name}"], type=kind, multiple=multiple, default=None, help=_help(option))


def _metavar(option: Option, multiple: bool) -> str:
    metavar = option.name.upper() + ("..." if multiple else "")
    return metavar if option.required else f"[{metavar}]"


def _help(option: Option) -> str:
    text = option.info.description or ""
    if option.required:
        return f"{text}  [required]"
    shown = ",".join(map(str, option.shown)) if isinstance(option.shown, tuple) else option.shown
    return text if shown in (None, "", PydanticUndefined) else f"{text}  [default: {shown}]"


def _key(option: Option) -> str:
    return f"{option.parameter}__{option.field}" if option.field else option.parameter


def _click_type(info: FieldInfo) -> tuple[Any, bool]:
    """The Click type of a field, and whether it may be repeated."""
    kind = _without_none(info.annotation)
    if get_origin(kind) is tuple and get_origin(get_args(kind)[0]) is not Annotated:
        return _scalar_type(get_args(kind)[0], info), True
    return _scalar_type(kind, info), False


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in (Union, UnionType):
        kinds = [k for k in get_args(kind) if k is not NoneType]
        return kinds[0] if len(kinds) == 1 else str
    return kind


def _scalar_type(kind: Any, info: FieldInfo) -> Any:
    if get_origin(kind) is Literal:
        return click.Choice(get_args(kind))
    if kind is Path:
        return click.Path(path_type=Path)
    if kind in (int, float):
        bounds = {name: getattr(rule, name) for rule in info.metadata for name in ("ge", "gt", "le", "lt") if hasattr(rule, name)}
        ranged = (click.IntRange if kind is int else click.FloatRange)(
            min=bounds.get("ge", bounds.get("gt")), max=bounds.get("le", bounds.get("lt")),
            min_open="gt" in bounds, max_open="lt" in bounds)
        ranged.name = "integer" if kind is int else "number"  # what it is called in --help and in messages
        return ranged
    return bool if kind is bool else str


def _call(recipe: Callable[..., Result], options: list[Option], earlier: Path | None = None, as_json: bool = False,
          as_csv: bool = False, **given: Any) -> int:
    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude each other.", click.get_current_context(silent=True))
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if backend not in BACKENDS:
        raise SpecError(f"KERAS_BACKEND must be {' or '.join(BACKENDS)}. Received: {backend!r}.")
    try:
        result = recipe(**_arguments(recipe, options, given, earlier))
    except GateError as missed:
        _present(missed.result, as_json, as_csv)
        raise
    _present(result, as_json, as_csv)
    return getattr(result, "exit_code", 0)


def _arguments(recipe: Callable[..., Result], options: list[Option], given: dict[str, Any], earlier: Path | None) -> dict[str, Any]:
    if not given.get("resume"):
        return arguments(recipe, options, given, typed_for(recipe, earlier) if earlier else {})
    typed = [option for option in options if given.get(_key(option)) not in (None, ())]
    others = [f"--{option.name}" for option in typed if option.field or option.parameter in ("out", "force")] + ["--from"] * bool(earlier)
    if others:
        raise click.UsageError(f"--resume takes everything from the run; leave {', '.join(others)} away.",
                               click.get_current_context(silent=True))
    return reopen(given["resume"], recipe) | {option.parameter: given[_key(option)] for option in typed}


def _present(result: Any, as_json: bool, as_csv: bool) -> None:
    try:
        if as_csv:
            terminal.tell_csv(result.csv())
        elif as_json:
            terminal.tell_json(result.records())
        else:
            terminal.tell(result.said())
    except BrokenPipeError:
        raise  # whoever reads has enough, and Click ends quietly
    except OSError as error:
        raise TltoolError(f"Standard output must take the result. Received: {error.strerror}.") from None


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
    typed = {option: given[_key(option)] for option in options if given.get(_key(option)) not in (None, ())}
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


def guarded(callback: Callable[..., int | None]) -> Callable[..., None]:
    """``callback``, which returns an exit code, with its talk drawn on standard error and its errors as one sentence and an exit code."""

    @functools.wraps(callback)
    def run(**given: Any) -> None:
        heard: list[int] = []
        try:
            with terminal.drawing() as heard:
                code = callback(**given)
                if heard:
                    raise KeyboardInterrupt
        except TltoolError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt as stop:
            click.echo(f"Interrupted. {shown(stop) or 'The same command can be given again.'}", err=True)
            sys.exit(128 + (heard[-1] if heard else signal.SIGINT))
        sys.exit(code)

    return run
