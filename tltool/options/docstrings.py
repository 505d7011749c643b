"""A recipe's docstring for ``help()``: what it does, then every parameter with its kind, bounds, default and sentence."""

import inspect
from collections.abc import Callable
from typing import Any, get_args

from pydantic.fields import FieldInfo

from tltool.specs import Spec
from tltool.specs.docstrings import Entry, docstring
from tltool.specs.spec import flag_of

ARGS = "\n\nArgs:"


def summary_of(recipe: Callable[..., Any]) -> str:
    """What ``recipe`` does, as its author wrote it and ``--help`` shows it: without the parameters."""
    return inspect.cleandoc(inspect.unwrap(recipe).__doc__ or "").partition(ARGS)[0]


def docstring_of(recipe: Callable[..., Any]) -> str:
    """What the author wrote, and under it the parameters where the author does not name them: a spec with one line that points to its
    fields, others with all that is known."""
    written = inspect.cleandoc(recipe.__doc__ or "")
    if ARGS in written:
        return written
    entries: list[Entry] = []
    names: dict[str, str] = {}
    for name, parameter in inspect.signature(recipe).parameters.items():
        kind, default = parameter.annotation, ... if parameter.default is parameter.empty else parameter.default
        if isinstance(kind, type) and issubclass(kind, Spec):
            names |= kind.flags()
            entries.append(Entry(name, kind, f"{_first_line(kind)} Its fields: help({kind.__name__}).", default))
        for info in get_args(kind):
            if isinstance(info, FieldInfo):
                names[flag_of(name, info)] = name
                entries.append(Entry(name, kind, info.description, default, info.metadata))
    return docstring(written, entries, names)


def _first_line(kind: type[Spec]) -> str:
    return (kind.__doc__ or "").partition("\n")[0]
