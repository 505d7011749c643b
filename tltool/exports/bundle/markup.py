"""Text of others in Markdown."""

import re

SPECIAL = re.compile(r"([\\`*\[\]|~]|(?<![^\W_])_|_(?![^\W_]))")  # an underscore within a word means nothing


def prose(text: object) -> str:
    """A name as plain text in Markdown: whatever it holds, it makes no markup, no HTML and no new line."""
    line = "".join(sign if sign.isprintable() else " " for sign in str(text))
    return SPECIAL.sub(r"\\\1", line.replace("&", "&amp;").replace("<", "&lt;"))
