"""Fields of labels that others wrote, taken without trust: numbers that are numbers, of a size that photos have, and names."""

from typing import Any
from unicodedata import normalize

from tltool.reading import LONGEST, read_text
from tltool.wording import described

MOST_PIXELS = 1 << 28  # of a photo with labels: as many bytes as a mask of it takes
FARTHEST = 1e6  # pixels from the corner of a photo; no photo that is decoded is as wide

# How the reasons begin for which photos and files of labels are left out, where a finding is made of them.
FORGOTTEN = "has no labels"
NO_PHOTO = "has no photo of its name, or several"
NOT_THERE = "is not there"
MISFIT = "has a mask"


class Unusable(ValueError):
    """A label that says nothing; the message is the end of a sentence that begins with its photo or file."""


def number(value: Any, what: str, farthest: float = FARTHEST) -> float:
    """A finite number of at most ``farthest``, or text that spells one.

    Raises:
        Unusable: something else.
    """
    try:
        read = float(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        read = None
    if read is None or read != read:
        raise Unusable(f"has {what} that is no number ({_told(value)})")
    if abs(read) > farthest:
        raise Unusable(f"has {what} of {read:g}, more than the {farthest:,.0f} that are read")
    return read


def numbers(values: Any, what: str, n: int | None = None) -> list[float]:
    """A list of such numbers, ``n`` of them where that is given.

    Raises:
        Unusable: something else.
    """
    if not isinstance(values, (list, tuple)) or (n is not None and len(values) != n):
        received = f"{len(values)} numbers" if isinstance(values, (list, tuple)) else _told(values)
        raise Unusable(f"has {what} that is no list of {'' if n is None else f'{n} '}numbers ({received})")
    return [number(value, f"{what} with a number", FARTHEST) for value in values]


def name(value: Any, what: str) -> str:
    """A name, composed as macOS does not write it and without spaces around; whole numbers are names too.

    Raises:
        Unusable: something else, or nothing.
    """
    read = normalize("NFC", str(value)).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    if not read:
        raise Unusable(f"has {what} without a name ({_told(value)})")
    return read


def lines_of(file: str, most: int = LONGEST) -> list[str]:
    """The lines of a text of at most ``most`` bytes, without spaces around them and without empty ones.

    Raises:
        Unusable: it cannot be read.
    """
    try:
        text = read_text(file, most)
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror or error}") from None
    return [line.strip() for line in text.removeprefix("\ufeff").splitlines() if line.strip()]


def _told(value: Any) -> str:
    """A list may be too deep to be written out."""
    return described(value if isinstance(value, (str, int, float, type(None))) else type(value))
