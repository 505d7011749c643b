"""A JSON object of any length, read piece by piece, so that its arrays take no more memory than one of their elements."""

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

from tltool.reading import open_table

WINDOW = 4 << 20  # characters read at a time
LARGEST = 16 << 20  # characters of one element
MOST = 1_500_000  # elements and keys; COCO's own 118,000 photos have 860,000 labels
SPACE = re.compile(r"[ \t\n\r]*")
BEHIND = set(" \t\n\r,:]}")  # what may stand behind a value
DECODER = json.JSONDecoder()


def members(path: str) -> Iterator[tuple[str, Any]]:
    """Every key of the object in a file, with its value; an array comes as an empty list first, and then element by element.

    Raises:
        OSError: as ``reading.open_table``.
        ValueError: no JSON object, nested too deeply, with an element of more than ``LARGEST`` characters, or with more than ``MOST``
            elements; the end of a sentence ("is no JSON …").
    """
    for n, member in enumerate(_members(path)):
        if n == MOST:
            raise ValueError(f"has more than {MOST:,} entries; split it by photos")
        yield member


def _members(path: str) -> Iterator[tuple[str, Any]]:
    with open_table(path, "utf-8-sig") as file:
        text = _Text(file)
        text.take("{")
        while text.sign() != "}":
            key = text.value()
            text.take(":")
            if text.sign() == "[":
                yield str(key), []
                yield from ((str(key), element) for element in text.elements())
            else:
                yield str(key), text.value()
            if text.sign() != ",":
                break
            text.take(",")
        text.take("}")


class _Text:
    """A window of a file of JSON, and the place in it."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._text, self._at, self._ended = file, "", 0, False

    def sign(self) -> str:
        """The next sign that is no space; "" at the end."""
        while True:
            self._at = SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]  # it matches nothing, too
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._read()

    def take(self, sign: str) -> None:
        if (found := self.sign()) != sign:
            raise ValueError(f"is no JSON object: {found or 'the end'!r} stands where {sign!r} must")
        self._at += 1

    def elements(self) -> Iterator[Any]:
        self.take("[")
        while self.sign() != "]":
            yield self.value()
            if self.sign() != ",":
                break
            self.take(",")
        self.take("]")

    def value(self) -> Any:
        """The next value, once all of it is in the window."""
        self.sign()
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
                if self._ended or self._text[end : end + 1] in BEHIND:  # a number may go on behind the window
                    self._at = end
                    return value
            except RecursionError:
                raise ValueError("is JSON that is nested too deeply") from None
            except ValueError as error:
                if self._ended:
                    raise ValueError(f"is no JSON: {error}") from None
            if len(self._text) - self._at > LARGEST:
                raise ValueError(f"is no JSON, or has an element of more than {LARGEST:,} characters")
            self._read()

    def _read(self) -> None:
        more = self._file.read(WINDOW)
        self._text, self._at, self._ended = self._text[self._at :] + more, 0, not more
