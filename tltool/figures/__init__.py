"""Pictures people would rather look at than read: drawn with matplotlib, without a window, written whole or not at all."""

from tltool.lookup import lazy

__getattr__, __all__ = lazy(__name__, {
    "check_file": "style",
})
