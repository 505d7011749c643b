"""A name and a table → the object behind it, or an error that names the nearest spelling."""

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from tltool.errors import SpecError
from tltool.keras_settings import explained
from tltool.noise import muffled
from tltool.renamed import require_current

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
    """The object at ``"package.module:name"``, or the module itself at ``"package.module:"``, imported now and not before.

    Raises:
        SpecError: Keras is loaded by it, and cannot be with the settings it has.
    """
    module, _, name = address.partition(":")
    with explained(), muffled():  # it may load Keras and TensorFlow
        found = import_module(module)
        return getattr(found, name) if name else found


def lazy(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """``__getattr__``, ``__dir__`` and ``__all__`` for a package whose names are imported on first use.

    The names are those that ``file``, the package's ``__init__.py``, imports under ``if TYPE_CHECKING:``. So type checkers and
    editors see plain imports, and ``from tltool import models`` costs nothing until a recipe calls ``models.assemble``. One list
    with two readers, after Scientific Python's SPEC 1 (lazy loading of submodules).
    """
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    where = {shown: address for node in tree.body for shown, address in _seen_by_type_checkers(node, package)}
    names = sorted(where)

    def __getattr__(name: str) -> Any:
        if name not in where:
            require_current(f"{package}.{name}")
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return locate(where[name])

    def __dir__() -> list[str]:
        return sorted({*names, *(own for own in vars(sys.modules[package]) if own.startswith("__"))})

    return __getattr__, __dir__, names


def _seen_by_type_checkers(node: ast.stmt, package: str) -> Iterator[tuple[str, str]]:
    """The name and address of everything that is imported under ``if TYPE_CHECKING:``; what ``package`` imports from itself are modules."""
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        for line in node.body:
            if isinstance(line, ast.ImportFrom):
                own = line.module == package
                yield from ((alias.asname or alias.name, f"{line.module}{'.:'[not own]}{alias.name}{':' * own}") for alias in line.names)
