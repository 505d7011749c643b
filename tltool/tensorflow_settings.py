"""What TensorFlow is told by its environment before it is loaded: to say little, and to leave others room on a GPU."""

import logging
import os

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}  # it would take all memory of a GPU at once


def hush() -> None:
    """Ask TensorFlow to say nothing but what stops it, and not to take all memory of a GPU; a variable that is set already stays as it is.

    It heeds this from Python and in notebooks as on the command line, unless it was loaded before tltool.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # advice on retracing, meant for authors of training loops
