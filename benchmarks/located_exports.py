"""Whether large backbones below a head that locates something can be exported.

    python benchmarks/located_exports.py [TASK …] [--backbones NAME …] [--size 80]

Weights are seeded, not learned, so this is about operators: what a .tflite file needs beyond the builtin ones, what int8 leaves in float,
how far float32 is from Keras, and size. How good int8 answers are is measured on trained runs, by ``tltool export``.
"""

import argparse
import tempfile
import time
from pathlib import Path

import keras
import numpy as np

from tltool import Backbone, Head
from tltool.exports.outputs import divided
from tltool.exports.tflite.conversion import convert
from tltool.exports.tflite.graph import count_float_operators, read_graph
from tltool.exports.tflite.metadata import with_metadata
from tltool.models.assembly import assemble
from tltool.models.sources import open_backbone
from tltool.runtimes.litert import load_tflite

BACKBONES = ("resnet50", "inception_v3", "efficientnet_v2_b0", "convnext_tiny")
CLASSES = ["ant", "bee"]


def exported(model: keras.Model, task: str, precision: str, photos: np.ndarray, folder: Path) -> Path:
    path = folder / f"model-{precision}.tflite"
    facts = {"classes": CLASSES, "size": photos.shape[1], "fit": "pad", "task": task, "settled": {}, "precision": precision}
    path.write_bytes(with_metadata(convert(divided(model, task), precision, photos), facts))  # type: ignore[arg-type]
    return path


def row(name: str, task: str, photos: np.ndarray) -> str:
    """One line: of a backbone below the head of a task."""
    keras.utils.set_random_seed(0)
    started = time.monotonic()
    size = photos.shape[1]
    model = assemble(open_backbone(Backbone(name=name, weights="none"), size), Head(), CLASSES, 0, task=task)
    expected = model.predict(photos.astype("float32"), verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        exact, rounded = (exported(model, task, precision, photos, Path(folder)) for precision in ("float32", "int8"))
        foreign = sum(bool(code.customCode) for path in (exact, rounded) for code in read_graph(path.read_bytes()).operatorCodes)
        gap = np.abs(load_tflite(exact)(photos) - expected).max()
        finite = np.isfinite(load_tflite(rounded)(photos)).all()
        left = ", ".join(f"{count} {kind}" for kind, count in count_float_operators(rounded).items()) or "-"
        share = rounded.stat().st_size / exact.stat().st_size
    taken = time.monotonic() - started
    return f"{name:20}{task:10}{foreign:8}{gap:14.2e}{'finite' if finite else 'NOT FINITE':>12}{share:8.3f}{taken:6.0f}  {left}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", default=["detect", "segment"], metavar="TASK")
    parser.add_argument("--backbones", nargs="+", default=BACKBONES, metavar="NAME")
    parser.add_argument("--size", type=int, default=80)
    given = parser.parse_args()
    shown = np.random.default_rng(0).integers(0, 256, (2, given.size, given.size, 3), "uint8")
    print("backbone            task       foreign   float32 gap        int8    size     s  left in float by int8", flush=True)
    for backbone in given.backbones:
        for asked in given.tasks:
            print(row(backbone, asked, shown), flush=True)
            keras.backend.clear_session()
