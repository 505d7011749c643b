"""A name with arguments, as a user types it: ``truncated_normal(stddev=0.02)``. Read, checked against a table and never run."""

import ast
import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from tltool.catalog import INITIALIZER_ARGUMENTS, REQUIRED, Argument, Signature
from tltool.errors import SpecError
from tltool.lookup import entry

CALL = re.compile(r"\s*([\w-]+)\s*(?:\((.*)\))?\s*", re.DOTALL)
LONGEST = 200  # characters; Python's own parser needs memory and depth in proportion


class Call(NamedTuple):
    """A known name and a value for each of its arguments, the defaults included."""

    name: str
    arguments: dict[str, Any]


def read_call(text: str, table: Mapping[str, Signature], kind: str) -> Call:
    """``text``, a name of ``table`` alone or with arguments in Python's notation, by position or by keyword; a word needs no quotes.

    Args:
        kind: the word for it at the beginning of a message, such as ``--kernel-initializer``.

    Raises:
        SpecError: an unknown name, an argument that it does not take, or a value that does not hold.
    """
    found = CALL.fullmatch(text[: LONGEST + 1])
    if not found or len(text) > LONGEST:
        raise SpecError(f"{kind} must be a name, alone or with arguments in brackets. Received: {_shortened(text)!r}.")
    name = found[1]
    signature = entry(name, table, kind)
    given = _given(found[2], signature)
    if given is None or any(given.get(argument, spec.default) is REQUIRED for argument, spec in signature.items()):
        raise SpecError(
            f"{kind} must be written {_written(name, signature)}. Received: {text.strip()!r}."
            + (" A seed comes from --seed, a different one for each layer." if "seed" in text else "")
        )
    for argument, value in given.items():
        _check(f"{kind}: {argument} of {name}", signature[argument], value, text)
    arguments = {argument: given.get(argument, spec.default) for argument, spec in signature.items()}
    return Call(name, {argument: float(value) if signature[argument].kind is float else value for argument, value in arguments.items()})


def read_initializer(text: str, flag: str) -> Call:
    """An initializer of ``catalog.INITIALIZERS`` with its arguments.

    Raises:
        SpecError: as ``read_call``, or an empty range.
    """
    call = read_call(text, INITIALIZER_ARGUMENTS, flag)
    if call.arguments.get("minval", 0) > call.arguments.get("maxval", 0):
        raise SpecError(f"{flag}: minval of {call.name} must be at most maxval. Received: {text.strip()!r}.")
    return call


def _given(arguments: str | None, signature: Signature) -> dict[str, Any] | None:
    """What stands between the brackets, by name; None where it is no list of arguments of ``signature``."""
    if not (arguments or "").strip():
        return {}
    try:
        call = ast.parse(f"f({arguments})", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or len(call.args) > len(signature):
        return None
    pairs = [*zip(signature, call.args), *((keyword.arg, keyword.value) for keyword in call.keywords)]
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)) or not set(names) <= set(signature):
        return None
    return {str(name): _value(node) for name, node in pairs}


def _value(node: ast.expr) -> Any:
    """A number or a word; None for whatever else Python could write there."""
    if isinstance(node, ast.Name):
        return node.id
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
    return value if type(value) in (int, float, str) else None


def _check(what: str, spec: Argument, value: Any, text: str) -> None:
    if spec.choices:
        holds, wanted = value in spec.choices, " or ".join(spec.choices)
    else:
        wanted = "a whole number" if spec.kind is int else "a number"
        wanted += f" from {spec.lowest:g}" if spec.lowest > -math.inf else ""
        wanted += f" to {spec.highest:g}" if spec.highest < math.inf else " up" if spec.lowest > -math.inf else ""
        kinds: tuple[type, ...] = (int,) if spec.kind is int else (int, float)
        holds = type(value) in kinds and math.isfinite(value) and spec.lowest <= value <= spec.highest
    if not holds:
        raise SpecError(f"{what} must be {wanted}. Received: {text.strip()!r}.")


def _written(name: str, signature: Signature) -> str:
    """How a name is typed with all it takes: ``truncated_normal(mean=0.0, stddev=0.05)``."""
    inside = [argument if spec.default is REQUIRED else f"{argument}={spec.default}" for argument, spec in signature.items()]
    return f"{name}({', '.join(inside)})" if inside else f"{name}, without arguments"


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
