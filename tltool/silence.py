"""What TensorFlow's native code says to standard error, past every Python stream: little, for it is asked before it is loaded."""

import logging
import os


def hush() -> None:
    """Ask TensorFlow to say nothing but what stops it, and not to take all memory of a GPU; a variable that is set already stays as it is.

    It heeds this from Python and in notebooks as on the command line, unless it was loaded before tltool.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # advice on retracing, meant for authors of training loops
