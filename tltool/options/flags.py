"""A recipe's parameters as flags: each field of a spec, and each parameter beside them, described once and read from there."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import click
from click.shell_completion import CompletionItem
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from tltool import catalog
from tltool.specs import Spec
from tltool.specs.spec import flag_of

WORDS: dict[str, Iterable[str]] = {  # with which a shell completes a flag or an argument, beside files
    **dict.fromkeys(("backbone", "name", "what"), catalog.BACKBONES),
    "task": ("auto", *catalog.TASKS),
    "weights": ("imagenet", "none"),
    "unfreeze": ("all", "none"),
    **dict.fromkeys(("kernel-initializer", "head-initializer"), catalog.INITIALIZERS),
    "padding": catalog.PADDINGS,
    "pooling": catalog.POOLINGS,
    **dict.fromkeys(("activation", "head-activation"), catalog.ACTIVATIONS),
    "data": (),
    "dir": (),
}


@dataclass(frozen=True)
class Option:
    """One flag: the recipe's parameter, its spec and the field in that (None for a plain parameter), and the field's description."""

    parameter: str
    kind: type[Spec] | None
    field: str | None
    info: FieldInfo
    shown: Any

    @property
    def extra(self) -> dict[str, Any]:
        return self.info.json_schema_extra or {}  # type: ignore[return-value]

    @property
    def name(self) -> str:
        return flag_of(self.field or self.parameter, self.info)

    @property
    def spoken(self) -> str:
        """What Python calls it: ``Training.epochs``, or the parameter's own name."""
        return f"{self.kind.__name__}.{self.field}" if self.kind else self.parameter

    @property
    def required(self) -> bool:
        return self.info.is_required() and self.shown is PydanticUndefined


def options_of(recipe: Callable[..., Any]) -> Iterable[Option]:
    """Every flag of ``recipe``, in the order of its parameters and their fields."""
    hints = get_type_hints(recipe, include_extras=True)
    for name, parameter in inspect.signature(recipe).parameters.items():
        given = PydanticUndefined if parameter.default is parameter.empty else parameter.default
        if isinstance(hints[name], type) and issubclass(hints[name], Spec):
            for field, info in hints[name].model_fields.items():
                yield Option(name, hints[name], field, info, info.default if given is PydanticUndefined else getattr(given, field))
        else:
            yield Option(name, None, None, FieldInfo.from_annotation(hints[name]), given)


def parameter_of(option: Option) -> click.Parameter:
    """The Click option or argument that ``option`` is typed as."""
    kind, multiple = click_type(option.info)
    if option.extra.get("argument"):
        return click.Argument(
            [key_of(option)],
            type=kind,
            nargs=-1 if multiple else 1,
            required=option.required and not option.field,
            metavar=_metavar(option, multiple),
            shell_complete=_completion(option),
        )
    if kind is bool:
        names = f"--{option.name}/--no-{option.name}" if option.shown is True else f"--{option.name}"
        return click.Option([key_of(option), names], is_flag=True, default=None, help=option.info.description)
    return click.Option(
        [key_of(option), f"--{option.name}"],
        type=kind,
        multiple=multiple,
        default=None,
        help=_help(option),
        shell_complete=_completion(option),
    )


def _completion(option: Option) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]] | None:
    """What a shell offers: the known words that begin as typed, or else files; None leaves it to the type."""
    if (words := WORDS.get(option.name)) is None:
        return None
    return lambda ctx, parameter, begun: (
        [CompletionItem(word) for word in words if word.startswith(begun)] or [CompletionItem(begun, type="file")]
    )


def _metavar(option: Option, multiple: bool) -> str:
    metavar = option.name.upper() + ("..." if multiple else "")
    return metavar if option.required else f"[{metavar}]"


def _help(option: Option) -> str:
    text = option.info.description or ""
    if option.required:
        return f"{text}  [required]"
    shown = ",".join(map(str, option.shown)) if isinstance(option.shown, tuple) else option.shown
    return text if shown in (None, "", PydanticUndefined) else f"{text}  [default: {shown}]"


def key_of(option: Option) -> str:
    """The name under which Click hands over what was typed."""
    return f"{option.parameter}__{option.field}" if option.field else option.parameter


def click_type(info: FieldInfo) -> tuple[Any, bool]:
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
            min=bounds.get("ge", bounds.get("gt")), max=bounds.get("le", bounds.get("lt")), min_open="gt" in bounds, max_open="lt" in bounds
        )
        ranged.name = "integer" if kind is int else "number"  # what it is called in --help and in messages
        return ranged
    return bool if kind is bool else str
