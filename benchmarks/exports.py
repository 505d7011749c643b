"""How exports compare with the models they come from: a run on its own test photos, and backbones without weights at hand.

    python benchmarks/exports.py RUN
    python benchmarks/exports.py --backbones PHOTOS [NAME …]

RUN is copied, exported in every format and precision, and each file is compared with Keras on the run's test photos, which no export
has seen; int8 is timed against float32 by turns on one thread; and the SavedModel is given the test photos as files. PHOTOS is a folder
of class folders. Each backbone (``scratch`` is the default conv stack) gets seeded weights, batch norm adapted to 64 photos in training
mode and a head that is fitted to its features; Pearson's correlation of the exported logits with Keras's is asked to be 0.999 for
floats and 0.95 for whole numbers.
"""

import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from tltool import ConvStack, Head, Run, data, evaluation, export, models
from tltool.data.decoding.decoder import decode, read_photo
from tltool.errors import ExportError
from tltool.exports.artefacts import write_tflite
from tltool.exports.opening import open_artefact
from tltool.exports.photos import in_turns
from tltool.exports.reference import prove, take_reference
from tltool.exports.tflite.conversion import PRECISIONS, convert
from tltool.exports.tflite.graph import count_float_operators
from tltool.models.backbone import load_backbone
from tltool.models.conversion.backend import tensorflow
from tltool.models.head import features_of, logits_of
from tltool.parity import Parity
from tltool.runtimes.litert import load_tflite
from tltool.training.features import extract_features
from tltool.training.probe import fit_probe

BACKBONES = ("scratch", "mobilenet_v3_small", "efficientnet_v2_b0", "densenet121", "resnet50", "inception_v3", "convnext_tiny")
SIZE, EACH = 96, 24  # pixels, photos per class
ASKED = {"float32": 0.999, "float16": 0.999}  # correlation of the logits; 0.95 for the others


class Row(NamedTuple):
    """One precision of one backbone: correlation of the logits, share of equal labels, bytes by those of float32."""

    precision: str
    correlation: float
    agreement: float
    size: float
    float_operators: dict[str, int]


def seeded_model(name: str, size: int, pixels: np.ndarray, labels: np.ndarray) -> keras.Model:
    """A model that tells classes apart without ever having been trained: batch norm takes the averages of 64 of ``pixels``, uint8 [n, size,
    size, 3], and the head is solved on all of them."""
    keras.utils.set_random_seed(0)
    body = models.build_stack(ConvStack(), (size, size, 3), 0) if name == "scratch" else load_backbone(name, "none", size)
    model = models.assemble(body, Head(), [str(label) for label in np.unique(labels)], 0)
    norms = [layer for layer in body._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)]
    for norm in norms:
        norm.momentum = 0.0
    body(pixels[:64].astype("float32"), training=True)
    features = extract_features(features_of(model), pixels, np.arange(len(pixels)))
    part = len(features) * 3 // 4
    probe = fit_probe((features[:part], labels[:part]), (features[part:], labels[part:]), classes=len(np.unique(labels)), single=False)
    model.get_layer("logits").set_weights([probe.kernel, probe.bias])
    return model


def compare_precisions(model: keras.Model, pixels: np.ndarray, calibration: np.ndarray, folder: Path) -> list[Row]:
    """Every precision of ``model`` on ``pixels``, as scorer (to the logits) and as classifier."""
    scorer = logits_of(model)
    logits, answers = (part.predict(pixels.astype("float32"), verbose=0) for part in (scorer, model))
    rows, sizes = [], {}
    for precision in PRECISIONS:
        found = {}
        for kind, part in (("scorer", scorer), ("classifier", model)):
            file = folder / f"{kind}-{precision}.tflite"
            facts = {"classes": [str(i) for i in range(answers.shape[1])], "size": pixels.shape[1], "fit": "crop"}
            try:
                content = convert(part, precision, calibration)  # type: ignore[arg-type]
            except ExportError as error:
                print(f"{precision}: {error}", flush=True)
                break
            write_tflite(file, content, precision, facts, len(calibration))
            found[kind] = open_artefact(file)(pixels)
        if len(found) < 2:
            continue
        sizes[precision] = file.stat().st_size
        floats = count_float_operators(file) if precision.startswith("int") else {}
        rows.append(
            Row(
                precision,
                float(np.corrcoef(found["scorer"].ravel(), logits.ravel())[0, 1]),
                float(np.mean(found["classifier"].argmax(axis=1) == answers.argmax(axis=1))),
                sizes[precision] / sizes["float32"],
                floats,
            )
        )
    return rows


def backbones(photos: Path, names: list[str]) -> None:
    samples = data.read_photos(photos)
    rows = in_turns(samples.labels, np.arange(len(samples)), 0)[: EACH * len(samples.classes)]
    pixels = np.stack([decode(read_photo(samples.paths[row]), SIZE, "crop") for row in rows])
    labels, held_out = samples.labels[rows], slice(len(rows) * 3 // 4, None)
    print(
        f"{len(rows)} photos of {len(samples.classes)} classes at {SIZE} px; compared on {len(pixels[held_out])}\n"
        "backbone            classes  precision  correlation  same label   size  left in float",
        flush=True,
    )
    for name in names:
        started = time.monotonic()
        model = seeded_model(name, SIZE, pixels, labels)
        named = Counter(model.predict(pixels[held_out].astype("float32"), verbose=0).argmax(axis=1).tolist())
        with tempfile.TemporaryDirectory() as folder:
            for row in compare_precisions(model, pixels[held_out], pixels[:128], Path(folder)):
                mark = "" if row.correlation >= ASKED.get(row.precision, 0.95) else "  below what is asked"
                print(
                    f"{name:18} {len(named):8}  {row.precision:9} {row.correlation:12.5f} {row.agreement:11.1%} {row.size:6.3f}  "
                    f"{', '.join(f'{count} {kind}' for kind, count in row.float_operators.items()) or '-'}{mark}",
                    flush=True,
                )
        print(f"{'':18} {time.monotonic() - started:.0f} s", flush=True)
        keras.backend.clear_session()


def exports_of(trained: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        run = Run(Path(shutil.copytree(trained, Path(scratch) / "run", ignore=shutil.ignore_patterns("exports"))))
        started = time.monotonic()
        result = export(run.path, ("saved_model", "tflite"), tuple(PRECISIONS))
        print(f"all exports and their comparison on {result.split} photos: {time.monotonic() - started:.0f} s")
        predictor = evaluation.open_predictor(run)
        samples = evaluation.match_classes(data.read_split(run.path / "split.csv"), predictor.classes).of("test")
        reference = take_reference(predictor, data.decode_own(samples, predictor.size, predictor.fit), samples, "test")
        parities = prove(list(result.parities), reference)
        tell(parities)
        files = {path.stem.partition("-")[2]: path for path in parities if path.suffix == ".tflite"}
        print(
            f"int8 takes {files['int8'].stat().st_size / files['float32'].stat().st_size:.4f} of float32's bytes, and on one thread runs "
            f"{speed_ratio(files['float32'], files['int8'], reference.pixels[reference.rows[:8]]):.2f} times as fast"
        )
        from_files(run.path / "exports" / "saved_model", samples.paths, reference.expected)


def tell(parities: dict[Path, Parity]) -> None:
    print(
        f"on {next(iter(parities.values())).n} test photos\nfile                    bytes  same label  largest gap  mean gap  accuracy"
        "    drop  McNemar's p"
    )
    for path, p in parities.items():
        size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) if path.is_dir() else path.stat().st_size
        print(
            f"{path.name:20} {size:9,} {p.agreement:10.2%} {p.largest_gap:12.6f} {p.mean_gap:9.6f} {p.exported_accuracy:9.3f} "
            f"{p.drop:+7.4f} {p.mcnemar_p:12.3f}"
        )


def speed_ratio(slow: Path, fast: Path, photos: np.ndarray, rounds: int = 30) -> float:
    """Median of the ratios of neighbouring rounds, the two by turns on one thread."""
    classifiers = [load_tflite(path, threads=1) for path in (slow, fast)]

    def seconds(classifier: Any) -> float:
        started = time.perf_counter()
        classifier(photos)
        return time.perf_counter() - started

    for classifier in classifiers:
        classifier(photos)
    return float(np.median([seconds(classifiers[0]) / seconds(classifiers[1]) for _ in range(rounds)]))


def from_files(folder: Path, paths: list[str], expected: np.ndarray) -> None:
    """The SavedModel on the bytes of files against what ``tltool predict`` says of the same files."""
    tf = tensorflow()
    serve = tf.saved_model.load(str(folder)).signatures["from_bytes"]
    batches = [[Path(path).read_bytes() for path in paths[start : start + 16]] for start in range(0, len(paths), 16)]
    found = np.concatenate([serve(photos=tf.constant(batch))["probabilities"].numpy() for batch in batches])
    print(
        f"from_bytes on {len(paths)} files: labels agree {np.mean(found.argmax(axis=1) == expected.argmax(axis=1)):.2%}, "
        f"largest gap {np.abs(found - expected).max():.5f}"
    )


if __name__ == "__main__":
    if sys.argv[1] == "--backbones":
        backbones(Path(sys.argv[2]), sys.argv[3:] or list(BACKBONES))
    else:
        exports_of(Path(sys.argv[1]))
