"""The place that a path to photos names: it must exist, on this computer, and not be packed."""

import os
import re
import shlex
from difflib import get_close_matches
from pathlib import Path

from tltool.errors import DataError
from tltool.wording import quoted, shown

ADDRESS = re.compile(r"(https?|ftp|s3|gs|hf|kaggle|file):/+", re.IGNORECASE)  # a path has only one of the two slashes left
UNPACKERS = {
    ".zip": "unzip {file} -d {folder}",
    ".7z": "7z x {file} -o{folder}",
    ".rar": "unrar x {file} {folder}/",
    **dict.fromkeys((".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tbz2", ".txz"), "mkdir {folder} && tar -xf {file} -C {folder}"),
}


def existing_path(data: Path | str) -> str:
    """The absolute path of ``data``.

    Raises:
        DataError: it does not exist, is an address on the net, or an archive; the message says how to unpack it.
    """
    path = os.path.abspath(data)
    if os.path.isfile(path) and (packed := next((end for end in UNPACKERS if path.lower().endswith(end)), None)):
        file, folder = shlex.quote(shown(data)), shlex.quote(shown(str(data)[: -len(packed)]))
        raise DataError(
            f"The photos must lie unpacked in a folder. Received: {quoted(path)}, an archive. Unpack it and give the folder: "
            f"`{UNPACKERS[packed].format(file=file, folder=folder)}`, then --data {folder}."
        )
    if os.path.exists(path):
        return path
    if found := ADDRESS.match(str(data)):
        address = f"{found[1]}://{str(data)[found.end() :]}"
        raise DataError(
            f"The photos must lie on this computer. Received: {shown(address)}, an address. "
            + ("Give the path behind it." if found[1].lower() == "file" else "Download it, unpack it, and give the folder.")
        )
    try:
        close = get_close_matches(os.path.basename(path), os.listdir(os.path.dirname(path)), n=1)
    except (OSError, ValueError):
        close = []
    hint = f" Did you mean {quoted(close[0])}?" if close else ""
    raise DataError(f"The photos must be in a folder or a CSV that exists. Received: {quoted(path)}, which does not exist.{hint}")
