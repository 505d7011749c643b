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
    """Bytes for people: "4 kB", "1.2 MB", "569 MB", "1.2 GB"."""
    if count < 99.95e3:
        return f"{count / 1e3:.0f} kB"
    if count < 9.95e6:
        return f"{count / 1e6:.1f} MB"
    return f"{count / 1e6:.0f} MB" if count < 999.5e6 else f"{count / 1e9:.1f} GB"
