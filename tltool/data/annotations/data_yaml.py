"""YOLO's ``data.yaml``: the few forms of YAML that occur in it, read without executing anything and without a library.

A key at the margin with a value of one line; with a list or a mapping in brackets; or with either on the lines below, one entry each. What
is written in another form (anchors, tags, blocks of text) is passed over where nobody asks for it, and refused where somebody does.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from tltool.data.annotations.fields import Unusable

KEY = re.compile(r"([A-Za-z_]\w*)[ \t]?:(?:[ \t]|$)")
WANTED = ("names", "path", "train", "val", "valid", "test", "kpt_shape", "kpt_names", "flip_idx")
BRACKETS = {"[": "]", "{": "}"}
OTHER_FORMS = "&*!|>%@`"
MOST = 100_000  # entries of names


def parse_yaml(text: str) -> dict[str, Any]:
    """The values of the ``WANTED`` keys: text, lists of text, or mappings of text to text.

    Raises:
        Unusable: one is in a form that is not read; the end of a sentence.
    """
    return {key: _value(key, value, below) for key, value, below in _blocks(text) if key in WANTED}


def as_names(value: Any) -> list[str]:
    """``names`` as a list: written as one, or as a mapping of the numbers from 0 up; numbers that are left out are their own names.

    Raises:
        Unusable: neither.
    """
    if isinstance(value, list):
        return value
    if not isinstance(value, Mapping):
        raise Unusable("has names that are neither a list nor a mapping")
    if not all(key.isdecimal() and int(key[:9]) < MOST for key in value) or not value:
        raise Unusable(f"has names whose keys are not the numbers from 0 to less than {MOST:,}")
    numbered = {int(key): name for key, name in value.items()}
    return [numbered.get(i, str(i)) for i in range(max(numbered) + 1)]


def _blocks(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """Every key at the margin, what stands behind it, and the lines below it."""
    key, value, below = "", "", list[str]()
    for line in text.removeprefix("\ufeff").splitlines():
        if found := KEY.match(line):
            if key:
                yield key, value, below
            key, value, below = found[1], _uncommented(line[found.end() :]), []
        elif (rest := _uncommented(line)) and rest not in ("---", "..."):
            below.append(rest)
    if key:
        yield key, value, below


def _value(key: str, value: str, below: list[str]) -> Any:
    if value[:1] in BRACKETS:
        return _in_brackets(key, " ".join([value, *below]))
    if value:
        if below or value[0] in OTHER_FORMS:
            raise _not_read(key)
        return _scalar(key, value)
    if all(line.startswith("- ") for line in below):
        return [_scalar(key, line[2:]) for line in below]
    return _mapping(key, below)


def _in_brackets(key: str, text: str) -> list[str] | dict[str, str]:
    if text[-1] != BRACKETS[text[0]]:
        raise Unusable(f"has {key} with a bracket that is not closed")
    entries = [entry.strip() for entry in _split(text[1:-1], ",") if entry.strip()]
    return [_scalar(key, entry) for entry in entries] if text[0] == "[" else _mapping(key, entries)


def _mapping(key: str, entries: list[str]) -> dict[str, str]:
    pairs = [_split(entry, ":") for entry in entries]
    if any(len(pair) != 2 for pair in pairs):
        raise _not_read(key)
    return {_scalar(key, before): _scalar(key, after) for before, after in pairs}


def _scalar(key: str, text: str) -> str:
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    if text[:1] in (*BRACKETS, *OTHER_FORMS):
        raise _not_read(key)
    return text


def _uncommented(line: str) -> str:
    """Without spaces around it, and without what stands behind a # that no word holds."""
    places = (place for place, sign in _unquoted(line) if sign == "#" and line[place - 1 : place] in ("", " ", "\t"))
    return line[: next(places, len(line))].strip()


def _split(text: str, at: str) -> list[str]:
    """The pieces between those signs."""
    places = [-1, *(place for place, sign in _unquoted(text) if sign == at), len(text)]
    return [text[start + 1 : end] for start, end in pairwise(places)]


def _unquoted(text: str) -> Iterator[tuple[int, str]]:
    """The places of signs outside of quotes; a quote opens where a value can begin."""
    quote, before = "", ","
    for place, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote and not (quote == '"' and before == "\\") else quote
        elif sign in "\"'" and before in ",:[{-":
            quote = sign
        else:
            yield place, sign
        before = before if sign in " \t" else sign


def _not_read(key: str) -> Unusable:
    return Unusable(f"has {key} in a form of YAML that is not read; write a plain list")
