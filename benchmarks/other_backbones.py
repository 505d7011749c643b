"""Backbones without weights at hand, end to end: train from random weights on few photos, export, compare logits.

    python benchmarks/other_backbones.py PHOTOS [BACKBONE …]

PHOTOS is a folder of class folders; 20 photos of each of six classes are used, at 96 px. The figures asked for: the float model names
at least 4 classes, and the exports' logits correlate with Keras's (0.999 float32, 0.95 int8).
"""

import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

from tltool import Backbone, Photos, Training, evaluate, export, finetune
from tltool.data import decode_once, read_split
from tltool.evaluation.litert import load_tflite
from tltool.exports.tflite import convert
from tltool.models.head import logits_of

CLASSES, EACH, SIZE, EPOCHS = 6, 20, 96, 30


def few(photos: Path, folder: Path) -> Path:
    """Twenty photos of the six largest classes."""
    largest = sorted(photos.iterdir(), key=lambda path: -len(list(path.iterdir())))[:CLASSES]
    for name in largest:
        (folder / name.name).mkdir(parents=True)
        for photo in sorted(name.iterdir())[:EACH]:
            shutil.copyfile(photo, folder / name.name / photo.name)
    return folder


def logit_correlation(run: object, pixels: np.ndarray, calibration: np.ndarray, precision: str, folder: Path) -> float:
    """Pearson's correlation of the exported logits with Keras's on ``pixels``."""
    scorer = logits_of(run.model())  # type: ignore[attr-defined]
    file = folder / f"logits-{precision}.tflite"
    file.write_bytes(convert(scorer, precision, calibration))  # type: ignore[arg-type]
    exported = load_tflite(file)(pixels)
    return float(np.corrcoef(exported.ravel(), scorer.predict(pixels.astype("float32"), verbose=0).ravel())[0, 1])


def main(photos: Path, names: list[str]) -> None:
    print("backbone       test accuracy  classes named  SavedModel gap  float32 r   int8 r  seconds")
    for name in names:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            run = finetune(Photos(data=few(photos, folder / "photos"), size=SIZE), Backbone(name=name, weights="none"),
                           training=Training(epochs=EPOCHS, batch_size=16, augment="light"), out=folder / "run")
            accuracy = evaluate(run.path).content["accuracy"]
            exports = export(run.path, ("saved_model", "tflite"), ("float32", "int8"), max_drop=1.0)
            samples, pixels = decode_once(read_split(run.path / "split.csv"), SIZE, "crop")
            everything, training = pixels[:], pixels[samples.rows("train")]
            named = len(np.unique(run.model().predict(everything.astype("float32"), verbose=0).argmax(axis=1)))
            r = [logit_correlation(run, everything, training, precision, folder) for precision in ("float32", "int8")]
            gap = next(parity.largest_gap for path, parity in exports.parities.items() if path.is_dir())
            print(f"{name:14} {accuracy:13.3f} {named:14} {gap:15.1e} {r[0]:10.5f} {r[1]:8.4f} {run.record['seconds']:8.0f}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or ["resnet50", "inception_v3"])
