"""Replay the test vectors of an exports folder on its files."""

from tltool import exports
from tltool.exports.results import Verification
from tltool.options import program, recipe
from tltool.parameters import ExportsFolder, OnlyFiles


@recipe
def verify(folder: ExportsFolder, only: OnlyFiles = ()) -> Verification:
    """Replay the test vectors of an exports folder on its files.

    FOLDER is what tltool export left in a run, or any copy of it. Every file is compared with its SHA-256 in the model card, and every
    model answers the photos in testvectors/ in its own runtime; a .tflite file needs no TensorFlow. The exit code is 1 when anything
    differs or is missing, so an app's build can run it.
    """
    return exports.verify(folder, only)


if __name__ == "__main__":
    program(verify)
