"""Words for people: amounts with their nouns, and names of files and classes that are safe to print."""


def counted(n: int, noun: str) -> str:
    """``1 photo``, ``3,781 photos``, ``2 classes``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}{'es' if noun.endswith('s') else 's'}"


def shown(name: object) -> str:
    """A file or class name that is safe in a message: control characters and line breaks are escaped."""
    text = str(name)
    return text if text.isprintable() else repr(text)


def quoted(name: object) -> str:
    """``shown``, between quotation marks."""
    return repr(str(name))


def megabytes(count: float) -> str:
    """Bytes for people: "569 MB", "1.2 GB"."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.{'0' if count >= 10e6 else '1'}f} MB"
