"""What ``help()`` shows of fields and parameters: kind, bounds, default and sentence of each, and a signature that can be read.

All of it comes from the fields themselves, as ``--help`` does; only flags are called as Python calls them.
"""

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from textwrap import TextWrapper
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from tltool.wording import in_python

LINES = TextWrapper(100, initial_indent=" " * 4, subsequent_indent=" " * 8, break_long_words=False, break_on_hyphens=False)
KINDS = {Path: "path", Any: "path or DataFrame"}  # what has no kind of its own is a source of photos
BOUNDS: dict[tuple[str, ...], str] = {
    (): "",
    ("ge", "le"): "from {} to {}",
    ("ge", "lt"): "from {} to below {}",
    ("gt", "le"): "above {}, up to {}",
    ("gt", "lt"): "above {} and below {}",
    ("ge",): "from {}",
    ("gt",): "above {}",
    ("le",): "up to {}",
    ("lt",): "below {}",
}


class Written(str):
    """A text that stands where its ``repr`` is asked for."""

    def __repr__(self) -> str:
        return str(self)


class Parameter(inspect.Parameter):
    """A parameter that is written with the kind of its value only, ``folds: int | None = None``, whatever else its annotation says."""

    def __str__(self) -> str:
        return str(inspect.Parameter(self.name, self.kind, default=self.default, annotation=Written(_written(self.annotation))))


class Signature:
    """The readable signature of a class, made when it is asked for from the one that pydantic makes then."""

    def __init__(self, made: Any) -> None:
        self.made = made

    def __get__(self, instance: object, owner: type) -> inspect.Signature:
        return readable(self.made.__get__(None, owner))


class Entry(NamedTuple):
    """What is said of one parameter.

    Attributes:
        rules: objects with ``ge``, ``gt``, ``le`` or ``lt``; others are passed over.
        default: ``...`` where there is none.
        none: the word for ``None`` as the default.
    """

    name: str
    annotation: Any
    sentence: str | None
    default: Any = ...
    rules: Iterable[Any] = ()
    none: str = "optional"

    def __str__(self) -> str:
        """``size (int from 16 to 2,048, automatic): Side of the square the model sees.``"""
        default = "required" if self.default is ... else self.none if self.default is None else f"default {self.default!r}"
        kind = " ".join(filter(None, (kind_of(self.annotation), bounds_of(self.rules))))
        return f"{self.name} ({kind}, {default}): {self.sentence or ''}"


def readable(signature: inspect.Signature) -> inspect.Signature:
    """``signature`` with the same annotations and defaults, but written so that it can be read."""
    given = signature.parameters.values()
    return signature.replace(parameters=[Parameter(one.name, one.kind, default=one.default, annotation=one.annotation) for one in given])


def docstring(text: str | None, entries: Iterable[Entry], names: Mapping[str, str]) -> str:
    """``text`` and under it ``entries``, with the flags among ``names`` as Python calls them."""
    lines = [line for entry in entries for line in LINES.wrap(in_python(str(entry), names))]
    return "\n".join([in_python(inspect.cleandoc(text or ""), names), "", "Args:", *lines])


def kind_of(annotation: Any) -> str:
    """The kind of a value in words: ``int``, ``path``, ``'crop', 'pad' or 'stretch'``, ``tuple of int``; ``None`` is not spoken of."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return kind_of(inside[0])
    if origin is Literal:
        return _listed([repr(choice) for choice in inside])
    if origin in (Union, UnionType):
        return _listed([kind_of(kind) for kind in inside if kind is not NoneType])
    if origin is tuple:
        return f"tuple of {kind_of(inside[0])}"
    return KINDS.get(annotation) or _written(annotation)


def bounds_of(rules: Iterable[Any]) -> str:
    """``from 16 to 2,048``, ``above 0 and below 1``; ``""`` where there are none."""
    said = {name: f"{getattr(rule, name):,}" for name in ("ge", "gt", "le", "lt") for rule in rules if hasattr(rule, name)}
    return BOUNDS[tuple(said)].format(*said.values())


def _written(annotation: Any) -> str:
    """The kind of a value as Python writes it, without the paths of classes and what ``Annotated`` adds."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _written(inside[0])
    if origin in (Union, UnionType):
        return " | ".join(map(_written, inside))
    if origin is tuple:
        return f"tuple[{', '.join('...' if kind is ... else _written(kind) for kind in inside)}]"
    if annotation is NoneType:
        return "None"
    return annotation.__name__ if isinstance(annotation, type) and not inside else inspect.formatannotation(annotation)


def _listed(words: list[str]) -> str:
    """``a``, ``a or b``, ``a, b or c``."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
