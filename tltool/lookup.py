"""A name and a table → the object behind it, or an error that names the nearest spelling."""

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any, TypeVar

from tltool.errors import SpecError
from tltool.keras_settings import explained
from tltool.noise import muffled

Entry = TypeVar("Entry")
MOST_NAMES = 50  # in one message


def entry(name: str, table: Mapping[str, Entry], kind: str) -> Entry:
    """The entry of ``table`` called ``name``; ``kind`` is the word for it in the message.

    Raises:
        SpecError: no such entry; the message offers the nearest spelling.
    """
    if name in table:
        return table[name]
    raise SpecError(f"{kind} must be {nearest(name, table)}. Received: {name!r}.")


def nearest(name: str, known: Iterable[str]) -> str:
    """What a mistyped ``name`` may have meant, as words for the middle of a sentence."""
    names = list(known)
    close = get_close_matches(name, names, n=3, cutoff=0.5)
    if close:
        return f"a known name (did you mean {' or '.join(map(repr, close))}?)"
    return "one of " + ", ".join(names[:MOST_NAMES]) + (f" … and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else "")


def locate(address: str) -> Any:
    """The object at ``"package.module:name"``, imported now and not before.

    Raises:
        SpecError: Keras is loaded by it, and cannot be with the settings it has.
    """
    module, _, name = address.partition(":")
    with explained(), muffled():  # it may load Keras and TensorFlow
        return getattr(import_module(module), name)


def lazy(package: str, where: Mapping[str, str]) -> tuple[Callable[[str], Any], list[str]]:
    """``__getattr__`` and ``__all__`` for a package whose names are imported on first use.

    ``where`` says in which submodule each name lives. So ``from tltool import models`` costs nothing until a recipe calls
    ``models.assemble``, and ``--help`` never loads Keras.
    """

    def __getattr__(name: str) -> Any:
        if name not in where:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return locate(f"{package}.{where[name]}:{name}")

    return __getattr__, sorted(where)
