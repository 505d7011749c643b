"""What the pixel values of masks are called: ``classes.txt``, a name a line, in the order of the values; or a list of colours, which
``class_dict.csv`` (name, r, g, b), CVAT's ``labelmap.txt`` (``name:r,g,b:…``) and CamVid's ``label_colors.txt`` (``r g b name``) are."""

import os
import re
from collections.abc import Callable, Sequence

from tltool.data.annotations.class_masks import colour_of
from tltool.data.annotations.fields import Unusable, lines_of, name
from tltool.data.geometry import IGNORED
from tltool.errors import DataError
from tltool.wording import quoted

RED, GREEN, BLUE = (rf"\s*(?P<{colour}>\d{{1,3}})\s*" for colour in ("red", "green", "blue"))
Named = tuple[str, int | None]  # a class, and its colour where it has one

COLOURED: dict[str, re.Pattern[str]] = {
    "class_dict.csv": re.compile(rf"(?P<name>[^,]+),{RED},{GREEN},{BLUE}"),
    "labelmap.txt": re.compile(rf"(?P<name>[^:#]+):{RED},{GREEN},{BLUE}(?::.*)?"),
    "label_colors.txt": re.compile(rf"{RED}\s{GREEN}\s{BLUE}\s(?P<name>.+)"),
}
HEADINGS: dict[str, Callable[[str], bool]] = {
    "class_dict.csv": lambda line: line.lower().replace(" ", "").endswith(",r,g,b"),
    "labelmap.txt": lambda line: line.startswith("#"),
    "label_colors.txt": lambda line: line.startswith("#"),
}
NAMES = "classes.txt"
FILES = (NAMES, *COLOURED)


def read_classes(files: Sequence[str]) -> list[Named]:
    """The classes in the first of the ``files``, in order; none where there is no file.

    Raises:
        DataError: it cannot be read, or names too many classes, or one of them or its colour twice.
    """
    if not files:
        return []
    kind = os.path.basename(files[0]).lower()
    try:
        lines = lines_of(files[0])
        named: list[Named] = [(name(line, "a class"), None) for line in lines] if kind == NAMES else _coloured(lines, kind)
    except Unusable as error:
        raise DataError(f"The names of classes must be readable. Received: {quoted(files[0])}, which {error}.") from None
    names, colours = {label for label, _ in named}, [colour for _, colour in named if colour is not None]
    if len(named) > IGNORED or len(names) < len(named) or len(set(colours)) < len(colours):
        twice = len(named) - len(names) or len(colours) - len(set(colours))
        what = "" if len(names) < len(named) else " with its colour"
        raise DataError(
            f"The names of classes must be at most {IGNORED}, and each another{what}. Received: {quoted(files[0])} with {len(named)}, "
            f"{twice} of them twice."
        )
    return named


def _coloured(lines: Sequence[str], kind: str) -> list[Named]:
    return [_named(line, COLOURED[kind]) for line in lines if not HEADINGS[kind](line)]


def _named(line: str, form: re.Pattern[str]) -> Named:
    found = form.fullmatch(line)
    if not found:
        raise Unusable(f"has the line {quoted(line)}, where a class and its red, green and blue must be")
    red, green, blue = map(int, found.group("red", "green", "blue"))
    if max(red, green, blue) > 255:
        raise Unusable(f"has the line {quoted(line)}, where red, green and blue must be 0 to 255")
    return name(found["name"], "a class"), colour_of(red, green, blue)
