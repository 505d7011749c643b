"""Replay the test vectors of an exports folder on its files."""

from pathlib import Path
from typing import Annotated

from tltool import exports
from tltool.exports.results import Verification
from tltool.options import program, recipe
from tltool.specs import option


@recipe
def verify(
    folder: Annotated[Path, option(help="Folder that tltool export wrote, or a copy of it.", argument=True)],
    only: Annotated[
        tuple[str, ...],
        option((), help="Check only this file of the folder, such as model-int8.tflite; repeatable. What else is missing does not count."),
    ] = (),
) -> Verification:
    """Replay the test vectors of an exports folder on its files.

    FOLDER is what tltool export left in a run, or any copy of it. Every file is compared with its SHA-256 in the model card, and every
    model answers the photos in testvectors/ in its own runtime; a .tflite file needs no TensorFlow. The exit code is 1 when anything
    differs or is missing, so an app's build can run it.
    """
    return exports.verify(folder, only)


if __name__ == "__main__":
    program(verify)
