"""What every task must keep to whose labels say where something is, whatever that is."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas
import pytest
from keras import layers
from PIL import Image

from tltool.benchmarking import stopwatch
from tltool.chart import Bars, Chart
from tltool.data.annotations.cells import parse, write
from tltool.data.annotations.masks import encode
from tltool.data.annotations.truths import Box, Instance, Point, Truth
from tltool.data.samples import COLUMNS, Samples
from tltool.evaluation.answers import answer
from tltool.evaluation.predictors import Predictor, open_predictor, predict_photos, predictor_of
from tltool.exports.artefacts import Artefact, write_artefact
from tltool.exports.bundle.verification import verify
from tltool.exports.reference import prove, take_reference
from tltool.exports.staging import publish, staged
from tltool.exports.tflite.graph import count_float_operators, read_graph
from tltool.models.assembly import assemble
from tltool.models.augmentation import amounts_of, draw
from tltool.models.saving.store import load_model, save_model
from tltool.runs.forms import FORMAT
from tltool.specs import Head
from tltool.task import task_named

CLASSES = ["ant", "bee", "cow"]
PHOTOS, SIDE = 24, 48
HAS_ONNX = all(map(find_spec, ("onnx", "onnxruntime", "tf2onnx")))
NOISE = np.random.default_rng(0).integers(0, 256, (PHOTOS, SIDE, SIDE, 3), "uint8")


def boxed(i: int, n: int) -> Truth:
    """``n`` boxes, each of its own class, in a photo that is wider than high or the other way round."""
    width, height = ((120, 80), (60, 100))[i % 2]
    random = np.random.default_rng(i)
    shares = random.uniform(0.05, 0.5, (n, 2)), random.uniform(0.3, 0.45, (n, 2))
    boxes = [
        Box.of(CLASSES[(i + k) % 3], (x * width, y * height, (x + w) * width, (y + h) * height))
        for k, ((x, y), (w, h)) in enumerate(zip(*shares, strict=True))
    ]
    return Truth(width, height, tuple(Instance(box) for box in boxes))


def pointed(i: int) -> Truth:
    random = np.random.default_rng(i)
    points = tuple(Point(name, *(np.round(random.uniform(0.1, 0.9, 2) * (120, 80), 2).tolist())) for name in CLASSES)
    return Truth(120, 80, (Instance(Box("it", 0, 0, 120, 80), None, points),))


def painted(i: int) -> Truth:
    """Three bands, which change places."""
    bands = np.roll(np.repeat(np.arange(3), 20)[:, None] * np.ones((1, 90), int), 10 * i, axis=0)
    instances = []
    for k, name in enumerate(CLASSES):
        rows = np.flatnonzero((bands == k).any(axis=1))
        instances.append(Instance(Box(name, 0, float(rows[0]), 90, float(rows[-1] + 1)), encode(bands == k)))
    return Truth(90, 60, tuple(instances))


def outlined(i: int, n: int) -> Truth:
    """The same with masks, ovals in those boxes."""
    truth = boxed(i, n)
    x, y = np.meshgrid(np.arange(truth.width) + 0.5, np.arange(truth.height) + 0.5)
    instances = []
    for box in truth.boxes:
        left, top, right, bottom = box.corners
        oval = ((2 * x - left - right) / (right - left)) ** 2 + ((2 * y - top - bottom) / (bottom - top)) ** 2 < 1
        instances.append(Instance(box, encode(oval)))
    return Truth(truth.width, truth.height, tuple(instances))


TRUTHS: dict[str, Callable[[int], Truth]] = {
    "detect": lambda i: boxed(i, i % 3 + 1),
    "localize": lambda i: boxed(i, 1),
    "instances": lambda i: outlined(i, i % 3 + 1),
    "segment": painted,
    "landmarks": pointed,
}


def samples_of(name: str) -> Samples:
    parts = [("train", "train", "validation", "test")[i % 4] for i in range(PHOTOS)]
    rows = [(f"/photos/{i}.png", str(i), write(TRUTHS[name](i)), "", parts[i]) for i in range(PHOTOS)]
    return Samples(pandas.DataFrame(rows, columns=list(COLUMNS), dtype=object), CLASSES, task=name)


def check_labels(name: str) -> None:
    """A cell says the same after encoding and writing, and every photo is counted somewhere."""
    samples, labels = samples_of(name), task_named(name).labels
    assert [*map(write, samples.labels)] == samples.table["label"].tolist()
    assert {name for names in samples.names for name in names} == {*CLASSES}
    assert samples.strata.shape == (PHOTOS,) and samples.is_located
    assert [(frame.width, frame.height) for frame in labels.frames(samples.labels, SIDE, "pad")] == [
        (truth.width, truth.height) for truth in samples.labels
    ]


def check_measures(name: str) -> None:
    """The truth itself scores 1, the truths of other photos do not; what is measured can be told, beside what a guesser reaches."""
    samples, task = samples_of(name), task_named(name)
    truths, key = [*samples.labels], task.measures.SCORE.key
    settled = task.answers.settle(truths, samples.labels, CLASSES, samples.labels)
    best = task.measures.measure(samples.labels, truths, CLASSES, "test", settled)
    answers = [truths[i - 2] for i in range(PHOTOS)]
    worst = task.measures.measure(samples.labels, answers, CLASSES, "test", settled)
    assert best[key] == task.measures.score(samples.labels, truths, CLASSES) > 0.999 and worst[key] < 0.75
    low, high = worst[f"{key}_interval"]
    assert low <= worst[key] <= high
    assert task.measures.weighted(samples.labels, answers, CLASSES, settled, np.ones((1, PHOTOS))) == pytest.approx(worst[key])
    assert 0 <= task.measures.guessed(best) == task.measures.guessed(worst) < 0.75  # whoever answers
    for report in (best, worst):
        form = task.measures.FORM.model_validate({"format": FORMAT, "task": name, **report})
        assert form.content["n"] == PHOTOS and all(map(str, task.measures.told(form.content)))
    assert "validation photos" in task.measures.floor(samples.labels, CLASSES, "validation photos", samples.labels)


def check_charts(name: str) -> None:
    """A photo whose answer is the truth is rated 1, others lower; a perfect chart fills its axes; what is shown is part of an answer."""
    samples, task = samples_of(name), task_named(name)
    truths = [*samples.labels]
    settled = task.answers.settle(truths, samples.labels, CLASSES, samples.labels)
    mixed = [truths[i - 2] if i % 2 else truths[i] for i in range(PHOTOS)]
    each = task.measures.each(samples.labels, mixed, CLASSES, settled)
    assert (each[::2] > 0.999).all() and each[1::2].mean() < 0.75
    assert [task.answers.shown(truth, settled) for truth in truths] == truths
    best, worst = (task.charts.chart(samples.labels, its, CLASSES, settled, "24 photos") for its in (truths, mixed))
    assert "24 photos" in best.title and heights(best) > 0.99 > heights(worst)


def heights(chart: Chart) -> float:
    """The mean of all bars, or of the areas below all curves in shares of their axes."""
    if isinstance(chart, Bars):
        return float(np.mean([bar.number for bar in chart.bars]))
    lines = [(np.array(curve.across) / panel.end, np.array(curve.up)) for panel in chart.panels for curve in panel.curves]
    areas = [np.diff(across) @ (up[1:] + up[:-1]) / 2 for across, up in lines]
    return float(np.mean(areas))


def model_of(name: str) -> keras.Model:
    keras.utils.set_random_seed(0)
    photo = x = keras.Input((SIDE, SIDE, 3))
    for width in (8, 8, 8):
        x = layers.Conv2D(width, 3, strides=2, padding="same", activation="relu")(x)
    return assemble(keras.Model(photo, x, name="backbone"), Head(), CLASSES, 0, task=name)


def sharp_model_of(name: str) -> keras.Model:
    """One that tells places apart."""
    model = model_of(name)
    for layer in model.layers:
        if layer.name in ("logits", "peaks") and isinstance(layer, layers.Conv2D):
            layer.set_weights([layer.get_weights()[0] * 30, np.zeros(layer.filters)])
    return model


def check_head(name: str) -> None:
    """Targets follow photos that vary, and the loss of what the model says is a number for each photo."""
    samples, task, model = samples_of(name), task_named(name), model_of(name)
    assert task.head.ON_MAP and task.head.fits(model, len(CLASSES)) and not task.head.fits(model, len(CLASSES) + 1)
    targets, rows = task.head.targets(model, samples.labels, CLASSES, "pad"), np.arange(8)
    matrices = draw(amounts_of("wide"), SIDE, [str(row) for row in rows], 0).matrices
    for given in (None, matrices):
        wanted = targets(rows, given)
        assert wanted.dtype == np.float32 and len(wanted) == 8 and np.isfinite(wanted).all()
    still = np.repeat(np.array([[[1, 0, 0], [0, 1, 0]]], float), 8, axis=0)
    np.testing.assert_allclose(targets(rows, still), targets(rows, None), atol=1e-4)
    assert not np.array_equal(targets(rows, matrices), targets(rows, None))
    logits = keras.Model(model.input, model.get_layer("logits").output)(np.zeros((8, SIDE, SIDE, 3), "float32"))
    each = np.asarray(task.head.loss(model, 0.0).call(targets(rows, None), logits))
    assert each.shape == (8,) and np.isfinite(each).all()


def check_answers(name: str, folder: Path) -> None:
    """A model survives saving; what it says lies in the photo, is a cell, can be told, recorded and drawn."""
    samples, task, model = samples_of(name), task_named(name), model_of(name)
    photos = np.random.default_rng(0).integers(0, 256, (PHOTOS, SIDE, SIDE, 3)).astype("float32")
    save_model(model, folder / "model.keras")
    outputs = model.predict(photos, verbose=0)
    assert np.array_equal(load_model(folder / "model.keras").predict(photos, verbose=0), outputs)
    frames = task.labels.frames(samples.labels, SIDE, "pad")
    for cell, its, truth in zip(task.answers.said(outputs, CLASSES, {}, frames), outputs, samples.labels, strict=True):
        answer = parse(cell)
        assert (answer.width, answer.height) == (truth.width, truth.height)
        chosen = task.answers.choose(cell, its, CLASSES, {}, 2)
        assert len(chosen) <= 2 and all(len(choice.place) == len(task.answers.PLACE) for choice in chosen)
        assert isinstance(task.answers.record(cell, chosen), dict)
        assert [name for name, _ in task.pictures.hues(CLASSES)] == CLASSES
        small = Image.new("RGB", (30, 20))
        marked = task.pictures.mark(small, truth, CLASSES)
        assert marked.size == small.size and marked.getcolors() != small.getcolors() == [(600, (0, 0, 0))]
        shown = task.pictures.shown(cell, chosen)
        assert task.pictures.draw(Image.new("RGB", (truth.width, truth.height)), shown, CLASSES, truth).mode == "RGB"


def check_agreement(name: str) -> None:
    """A copy of a model agrees with it in everything; one that says what it says of another photo does not."""
    samples, task = samples_of(name), task_named(name)
    outputs = model_of(name).predict(np.random.default_rng(0).uniform(0, 255, (PHOTOS, SIDE, SIDE, 3)).astype("float32"), verbose=0)
    frames, names = task.labels.frames(samples.labels, SIDE, "pad"), samples.paths
    settled: dict[str, Any] = {}
    same = task.exported.compare(outputs, outputs, samples.labels, names, CLASSES, settled, frames)
    assert (same.agreement, same.largest_gap, same.drop, same.flips, same.constant) == (1, 0, 0, (), False)


def check_outputs(name: str) -> None:
    """The outputs of an export are named in the order of the alphabet, and make up what the model says."""
    outputs, model = task_named(name).outputs, sharp_model_of(name)
    parts = outputs.parts(model)
    assert list(outputs.NAMES) == sorted(outputs.NAMES) and len(parts) == len(outputs.NAMES)
    assert outputs.classes([part.shape for part in parts]) == len(CLASSES)
    assert outputs.classes([(None, 3)]) == outputs.classes([(None, 9, 3)] * 3) == 0
    photos = NOISE[:4].astype("float32")
    found = keras.Model(model.input, parts).predict(photos, verbose=0)
    np.testing.assert_allclose(outputs.join(found if len(parts) > 1 else [found]), model.predict(photos, verbose=0), atol=1e-5)


def check_exports(name: str, folder: Path) -> None:
    """Exports need builtin operators alone, in int8 none in float; they answer as the model does, and what lies beside them is verified.
    The snippet, which knows no tltool, says of a photo what tltool says with the same file."""
    samples, model = samples_of(name), sharp_model_of(name)
    reference = take_reference(predictor_of(model, CLASSES, "pad", name, {}), NOISE, samples)
    facts = {"classes": CLASSES, "size": SIDE, "fit": "pad", "task": name, "settled": {}, "name": name}
    wanted = [Artefact("tflite", "float32"), Artefact("tflite", "int8"), Artefact("saved_model", "float32")]
    wanted += [Artefact("onnx", "float32")] * HAS_ONNX
    with staged(folder / "exports") as place:
        parities = prove([write_artefact(artefact, reference, facts, place) for artefact in wanted], reference)
        publish(parities, reference, facts, folder / "exports")
    assert [parity.agreement for path, parity in parities.items() if "int8" not in path.name] == [1] * (len(wanted) - 1)
    graph = read_graph((folder / "exports" / "model-int8.tflite").read_bytes())
    assert not any(code.customCode for code in graph.operatorCodes), "an operator that needs the Flex delegate"
    assert count_float_operators(folder / "exports" / "model-int8.tflite") == {}
    found = verify(folder / "exports")
    assert found.faults == [] and found.checks[0].vectors > 0, list(found.said())
    caller = task_named(name).exported.CALLER
    texts = {f"snippets/{caller}{precision}.{language}" for precision in ("Float32", "Int8") for language in ("kt", "swift")}
    assert texts <= {check.file for check in found.checks}
    assert not re.search(r"\{\{|\{%|\bNone\b|Undefined", (folder / "exports" / "MODEL_CARD.md").read_text(encoding="utf-8"))
    check_snippet(name, folder / "exports")
    check_opened(name, folder / "exports", samples, model)


def check_opened(name: str, folder: Path, samples: Samples, model: keras.Model) -> None:
    """What needs neither Keras nor a run says of photos what the model says, is measured alike, and can be timed."""
    known = predictor_of(model, CLASSES, "pad", name, {})
    rows = np.arange(8)
    score = score_of(known, samples, rows)
    for path in [folder / "model-float32.tflite", *[folder / "model.onnx"] * HAS_ONNX]:
        predictor = open_predictor(path)
        assert (predictor.task, predictor.classes, predictor.size, predictor.fit) == (name, CLASSES, SIDE, "pad")
        assert score_of(predictor, samples, rows) == pytest.approx(score, abs=2e-3)
        scores, size = stopwatch.KINDS[path.suffix].open(path, 1)
        taken, _ = stopwatch.time_for(scores, NOISE[:2, None], 0)
        assert size == SIDE and len(taken) == 1


def score_of(predictor: Predictor, samples: Samples, rows: np.ndarray) -> float:
    task, labels = task_named(predictor.task), samples.labels[rows]
    frames = task.labels.frames(labels, SIDE, "pad")
    answers = task.answers.said(predict_photos(predictor, NOISE, rows), CLASSES, {}, frames)
    return float(task.measures.score(labels, [*map(parse, answers)], CLASSES))


def check_snippet(name: str, folder: Path) -> None:
    photo = folder.parent / "photo.png"
    Image.fromarray(NOISE[0]).resize((90, 61)).save(photo)
    predictor = open_predictor(folder / "model-int8.tflite")
    (record,) = answer(predictor, [photo], None).records()
    program = [sys.executable, folder / "snippets" / f"{name}.py", photo]
    done = subprocess.run(program, capture_output=True, text=True, check=False, cwd=folder.parent)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert told.pop("photo") == str(photo) and told and {*told} <= {*record}
    assert_alike(told, record)


def assert_alike(told: Any, known: Any) -> None:
    """Numbers are near, all else is equal; of what is known, what is told."""
    if isinstance(told, dict):
        for key, value in told.items():
            assert_alike(value, known[key])
    elif isinstance(told, list):
        assert len(told) == len(known)
        for one, other in zip(told, known, strict=True):
            assert_alike(one, other)
    else:
        assert told == (pytest.approx(known, abs=0.02) if isinstance(told, float) else known)


def check_located(name: str, folder: Path) -> None:
    """All of it."""
    check_labels(name)
    check_measures(name)
    check_charts(name)
    check_head(name)
    check_answers(name, folder)
    check_agreement(name)
    check_outputs(name)
    check_exports(name, folder)
