"""Where the user is at home, if anywhere: a container with a numeric user, or a service, may have neither HOME nor a name."""

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path

from tltool.progress import warn


def find_home() -> Path | None:
    """The home folder; None where nothing says which that is, or what says it names no absolute path."""
    home = Path(os.path.expanduser("~"))
    return home if home.is_absolute() else None


def expand(path: str | Path) -> Path:
    """``path`` with ``~`` and ``~name`` replaced by the home folders they stand for, and left as it is where there is none."""
    return Path(os.path.expanduser(path))


@functools.cache
def lodging() -> Path:
    """The folder of this process for what would lie in the home folder of a user who has none: new, readable to nobody else, gone with the
    process. Where not even that can be had, a path at which nothing can be written."""
    try:
        folder = Path(tempfile.mkdtemp(prefix="tltool-"))
    except OSError:
        folder = Path(os.devnull, "tltool")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    warn(
        "There is no home folder: HOME is not set, and the user has no entry that says it. What is kept between commands goes with this "
        "one; set TLTOOL_CACHE to a folder to keep it."
    )
    return folder
