"""What TensorFlow's native code says to standard error, past every Python stream: nothing while it is loaded, and little after that."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tltool.noise import is_kept_away

LOADED = "tensorflow"


def hush() -> None:
    """Ask TensorFlow to say nothing but what stops it, and not to take all memory of a GPU; a variable that is set already stays as it is.

    It heeds this from Python and in notebooks as on the command line, unless it was loaded before tltool.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # advice on retracing, meant for authors of training loops


@contextmanager
def muffled() -> Iterator[None]:
    """While it lasts, file descriptor 2 leads nowhere, and ``sys.stderr`` still to where it led: what TensorFlow's code writes before it
    has read any setting. Nothing changes once TensorFlow is loaded, nor in a command, which keeps it for the case of a crash."""
    try:
        real = None if LOADED in sys.modules or is_kept_away() else os.dup(2)
    except OSError:  # closed: nobody hears it anyway
        real = None
    if real is None:
        yield
        return
    stderr = sys.stderr
    with os.fdopen(real, "w", buffering=1, errors="backslashreplace") as heard, open(os.devnull, "wb") as nowhere:
        if stderr is sys.__stderr__ and stderr is not None:
            stderr.flush()
            sys.stderr = heard
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(real, 2)
            sys.stderr = stderr
