"""Words for people: amounts with their nouns, flags as Python calls them, and text from outside so that a terminal can only show it.

Names of files and classes, fields of a foreign ``run.json``, messages of other libraries: whatever is said (``progress``), told
(``terminal``) or raised (``errors``) goes through ``shown`` there, so that no sentence has to take care of the names in it.
"""

import re
import unicodedata
from collections.abc import Mapping

FLAG = re.compile(r"`[^`]*`|\btltool [a-z]+ .*?(?=\. |$)|(?<![\w-])--(no-)?([a-z][a-z-]*[a-z])")  # but for flags within commands
LONGEST = 60  # of a value that is told as it is
# Controls, surrogates, separators of lines and paragraphs; and what is invisible: overrides of direction, marks of zero width, tags.
UNSEEN = {"Cc", "Cs", "Zl", "Zp", "Cf"}
JOINERS = {"\u200c", "\u200d"}  # written in Persian, in the scripts of India and between emoji, and seen there by what they do
JOINED = {"Lo", "Mn", "Mc", "So", "Sk"}  # letters of scripts without capitals, their marks, signs and emoji


def counted(n: int, noun: str) -> str:
    """``1 photo``, ``3,781 photos``, ``2 classes``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}{'es' if noun.endswith('s') else 's'}"


def shown(text: object) -> str:
    """``text`` as one line that a terminal can only show: what is unseen or breaks the line becomes an escape as Python writes it.

    A byte of a file name that is no UTF-8 becomes ``\\xff``. What can be seen stays as it is, so that nothing is escaped twice.
    """
    text = str(text)
    return text if text.isprintable() else "".join(_sign(text, place) for place in range(len(text)))


def _sign(text: str, place: int) -> str:
    sign = text[place]
    if unicodedata.category(sign) not in UNSEEN or (sign in JOINERS and unicodedata.category(text[place - 1 : place] or " ") in JOINED):
        return sign
    if "\udc80" <= sign <= "\udcff":  # how Python keeps a byte that is no UTF-8
        return f"\\x{ord(sign) - 0xDC00:02x}"
    return sign.encode("unicode_escape").decode("ascii")


def quoted(name: object) -> str:
    """``shown``, between quotation marks."""
    return repr(str(name))


def megabytes(count: float) -> str:
    """Bytes for people: "4 kB", "1.2 MB", "569 MB", "1.2 GB"."""
    if count < 99.95e3:
        return f"{count / 1e3:.0f} kB"
    if count < 9.95e6:
        return f"{count / 1e6:.1f} MB"
    return f"{count / 1e6:.0f} MB" if count < 999.5e6 else f"{count / 1e9:.1f} GB"


def described(value: object) -> str:
    """Anything in a few words: a short value as Python writes it, what is longer as what it is."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    text = repr(value) if isinstance(value, (str, bytes, int, float, bool, type(None), tuple, list, dict)) else ""
    kind = f"{type(value).__module__}.{type(value).__name__}".removeprefix("builtins.")
    return text if text and len(text) <= LONGEST and text.isprintable() else f"a value of the type {kind}"


def in_python(message: str, names: Mapping[str, str]) -> str:
    """``message`` with the flags among ``names``, and no others, as Python calls them: ``--learning-rate`` as
    ``Training.learning_rate``, ``--no-flip`` as ``Training.flip=False``. Whole commands stay as they are."""
    return FLAG.sub(lambda found: names[found[2]] + ("=False" if found[1] else "") if found[2] in names else found[0], message)
