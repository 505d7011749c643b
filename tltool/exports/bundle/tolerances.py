"""How far from an expected answer a runtime that is right may be: measured with LiteRT's other kernels, which round otherwise.

Whole numbers are rounded after every layer, and each set of kernels does that in its own way; over the layers the differences add up to
0.1 of probability and more, with none of the answers being wrong. So what is allowed depends on the model, and is measured on it.
"""

import math
from pathlib import Path

import numpy as np

from tltool.exports.bundle.reading import Reading
from tltool.exports.opening import open_artefact

OTHER_KERNELS = ("BUILTIN_WITHOUT_DEFAULT_DELEGATES", "BUILTIN_REF")  # than XNNPACK's: LiteRT's own fast ones, and the plain ones
MARGIN = 1.5  # two sets of kernels were measured, and one that was not may be somewhat farther off
ROUNDING = {"float32": 0.001, "float16": 0.02, "dynamic": 0.02, "int8": 0.02, "int16x8": 0.02}  # allowed where those agree to the last bit


def measure_tolerance(path: Path, precision: str, photos: np.ndarray, answers: np.ndarray, reading: Reading) -> float:
    """How far any probability of an artefact's answer may be from the expected one, in steps of 0.001.

    A lead that the other kernels turn counts as a distance too, so that whatever leads by more than the tolerance keeps its label.

    Args:
        precision: a key of ``ROUNDING``.
        photos: of the test vectors, uint8 [n, size, size, 3].
        answers: what the artefact says of them in its own runtime, probabilities [n, classes].
        reading: what the probabilities mean.

    Raises:
        ExportError: the file cannot be run.
    """
    others = OTHER_KERNELS if path.suffix == ".tflite" else ()
    seen = [_distance(answers, open_artefact(path, kernels)(photos), reading) for kernels in others]
    return math.ceil(1000 * (ROUNDING[precision] + MARGIN * max(seen, default=0)) - 0.1) / 1000


def turned(expected: np.ndarray, found: np.ndarray, tolerance: float, reading: Reading) -> np.ndarray:
    """Which photos get another answer though the expected one leads by more than the tolerance [n], of probabilities [n, classes]."""
    return (reading.said(expected) != reading.said(found)) & (reading.leads(expected) > tolerance)


def _distance(answers: np.ndarray, found: np.ndarray, reading: Reading) -> float:
    lost = reading.leads(answers)[turned(answers, found, 0, reading)]
    return max(float(np.abs(answers - found).max()), float(lost.max(initial=0)))
