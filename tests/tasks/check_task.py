"""What every task must keep to, whatever it asks: after scikit-learn's ``check_estimator``, one check for all of the catalogue."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from tltool.data.predictions import write_predictions
from tltool.data.samples import Samples
from tltool.evaluation.predictors import predictor_of
from tltool.evaluation.report import measure_samples
from tltool.exports.artefacts import Artefact, write_artefact
from tltool.exports.bundle.verification import verify
from tltool.exports.reference import prove, take_reference
from tltool.exports.staging import publish, staged
from tltool.exports.tflite.graph import read_graph
from tltool.models.assembly import assemble
from tltool.models.saving.store import load_model, save_model
from tltool.runs.forms import FORMAT
from tltool.specs import Head
from tltool.task import Listing, Task, task_named

CLASSES = ["ant", "bee", "cow"]
PHOTOS, SIDE = 60, 16


def listing_of(task: Task) -> Listing:
    """A list of photos as the task wants it, with all classes in turns, and pairs of them where photos may have several."""
    cells = [CLASSES[i % 3] for i in range(PHOTOS)]
    if not task.labels.EXCLUSIVE:
        cells = [task.labels.join(cell, CLASSES[i // 7 % 3]) or cell for i, cell in enumerate(cells)]
    lines = [{"path": f"{i}.png", task.labels.COLUMN: cell} for i, cell in enumerate(cells)]
    return Listing(["path", task.labels.COLUMN], lines, [f"line {i}" for i in range(PHOTOS)], "list.csv")


def samples_of(name: str) -> Samples:
    import pandas

    task = task_named(name)
    cells = task.labels.read(listing_of(task))
    parts = [("train", "train", "validation", "test")[i // 3 % 4] for i in range(PHOTOS)]
    columns = {"path": [f"/photos/{i}.png" for i in range(PHOTOS)], "sha256": [str(i) for i in range(PHOTOS)], "label": cells}
    return Samples(pandas.DataFrame({**columns, "group": "", "split": parts}, dtype=object), CLASSES, task=name)


def has(samples: Samples) -> np.ndarray:
    """Which of the classes each photo has, bool [n, classes]."""
    return np.array([[name in names for name in CLASSES] for names in samples.names])


def check_labels(name: str) -> None:
    """A cell says the same after reading and encoding, and every photo is counted somewhere."""
    task, samples = task_named(name), samples_of(name)
    assert {name for names in samples.names for name in names} == {*CLASSES}
    assert task.labels.read(listing_of(task)) == list(samples.table["label"])
    assert samples.strata.shape == (PHOTOS,)
    assert task.labels.recognize(listing_of(task)) == "" or not task.labels.EXCLUSIVE


def check_measures(name: str) -> None:
    """A perfect answer scores 1 and says the truth; a shuffled one is near what guessing reaches; what is measured can be told."""
    task, samples = task_named(name), samples_of(name)
    perfect, score = has(samples).astype(float), task.measures.SCORE
    assert task.answers.said(perfect, CLASSES, {}) == list(samples.table["label"])
    best = task.measures.measure(samples.labels, perfect, CLASSES, "test", {})
    shuffled = np.random.default_rng(0).permutation(perfect)
    worst = task.measures.measure(samples.labels, shuffled, CLASSES, "test", {})
    assert best[score.key] == 1 and worst[score.key] < 0.75
    assert (task.measures.each(samples.labels, perfect, CLASSES, {}) == 1).all()
    assert task.measures.weighted(samples.labels, shuffled, CLASSES, {}, np.ones((1, PHOTOS))) == pytest.approx(worst[score.key])
    assert 0 < task.measures.guessed(best) == task.measures.guessed(worst) < 0.6  # of three classes, whoever answers
    low, high = worst[f"{score.key}_interval"]
    assert low <= worst[score.key] <= high
    assert task.measures.FORM.model_validate({"format": FORMAT, "task": name, **best}).content["n"] == PHOTOS
    if task.labels.EXCLUSIVE:
        assert all(map(str, task.details.tables(samples.labels, shuffled, CLASSES, "test photos")))
        assert "60 test photos" in task.charts.chart(samples.labels, shuffled, CLASSES, {}, "60 test photos").title
    assert all(map(str, task.measures.told(best))) and "validation photos" in task.measures.floor(
        samples.labels, CLASSES, "validation photos", samples.labels
    )


def check_answers(name: str) -> None:
    """What is settled reads its own photos, and what is chosen is what was said, or as many as are asked for."""
    task, samples = task_named(name), samples_of(name)
    perfect = has(samples).astype(float) * 0.8 + 0.1
    settled = task.answers.settle(perfect, samples.labels, CLASSES, samples.labels)
    said = task.answers.said(perfect, CLASSES, settled)
    assert said == list(samples.table["label"])
    for scores, cell in zip(perfect, said, strict=True):
        chosen = task.answers.choose(cell, scores, CLASSES, settled, None)
        assert sorted(label for label, *_ in chosen) == sorted(task.labels.names(cell))
        assert len(task.answers.choose(cell, scores, CLASSES, settled, 2)) == 2
        assert isinstance(task.answers.record(cell, chosen), dict)


def model_of(name: str, seed: int = 0) -> keras.Model:
    keras.utils.set_random_seed(seed)
    photo = keras.Input((SIDE, SIDE, 3))
    features = layers.Conv2D(8, 3, activation="relu")(layers.Rescaling(1 / 127.5, -1)(photo))
    backbone = keras.Model(photo, features, name="backbone")
    model = assemble(backbone, Head(dropout=0), CLASSES, seed, task=name)
    kernel, bias = model.get_layer("logits").get_weights()
    model.get_layer("logits").set_weights([kernel * 8, bias])
    return model


def check_head(name: str) -> None:
    """Probabilities, loss, metric and targets fit together, and a solved head sees what can be seen."""
    task, samples, model = task_named(name), samples_of(name), model_of(name)
    targets, score = task.head.targets(model, samples.labels, CLASSES, "crop")(np.arange(PHOTOS), None), task.measures.SCORE
    logits = np.where(has(samples), 9.0, -9.0).astype("float32")
    metric = task.head.metric(model)
    metric.update_state(targets, logits)
    assert metric.name == score.key and float(metric.result()) == 1
    loss = task.head.loss(model, 0.0)
    assert float(loss(targets, logits)) < 0.01 < float(loss(targets, -logits))
    features = np.random.default_rng(0).normal(0, 0.3, (PHOTOS, 8)).astype("float32")
    features[:, :3] += has(samples)
    train, held = (samples.rows(part) for part in ("train", "validation"))
    solved = task.head.solve(model, (features[train], samples.labels[train]), (features[held], samples.labels[held]), False, 1)
    assert 0.7 < solved.score <= 1


def check_exports(name: str, folder: Path) -> None:
    """A model survives saving, exports without foreign operators, answers as it did, and everything beside it is written and verified."""
    task, samples, model = task_named(name), samples_of(name), model_of(name)
    pixels = np.random.default_rng(0).integers(0, 256, (PHOTOS, SIDE, SIDE, 3), "uint8")
    predictor = predictor_of(model, CLASSES, "crop", name, {})
    save_model(model, folder / "model.keras")
    saved = load_model(folder / "model.keras").predict(pixels.astype("float32"), verbose=0)
    assert np.array_equal(saved, model.predict(pixels.astype("float32"), verbose=0))
    measured = measure_samples(predictor, pixels, samples, "test")
    write_predictions(measured.predictions, folder / "predictions.csv")
    reference = take_reference(predictor, pixels, samples)
    copy = task.exported.compare(reference.expected, reference.expected, reference.labels, reference.photos, CLASSES, {})
    assert (copy.agreement, copy.largest_gap, copy.drop, copy.flips, copy.constant) == (1, 0, 0, (), False)
    facts: dict[str, Any] = {"classes": CLASSES, "size": SIDE, "fit": "crop", "task": name, "settled": {}, "name": name}
    with staged(folder / "exports") as place:
        paths = [write_artefact(Artefact(kind, "float32"), reference, facts, place) for kind in ("tflite", "saved_model")]
        publish(prove(paths, reference), reference, facts, folder / "exports")
    graph = read_graph((folder / "exports" / "model-float32.tflite").read_bytes())
    assert not any(code.customCode for code in graph.operatorCodes), "an operator that needs the Flex delegate"
    check_the_saved_model_says_the_same(task, predictor, folder / "exports" / "saved_model", pixels)
    assert verify(folder / "exports").faults == []


def check_the_saved_model_says_the_same(task: Task, predictor: Any, folder: Path, pixels: np.ndarray) -> None:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder))
    answer = loaded.signatures["serving_default"](pixels=tf.constant(pixels))
    said = [label.decode() for label in answer["label"].numpy()]
    assert said == task.answers.said(answer["probabilities"].numpy(), predictor.classes, predictor.settled)


def check_task(name: str, folder: Path) -> None:
    """All of it."""
    check_labels(name)
    check_measures(name)
    check_answers(name)
    check_head(name)
    check_exports(name, folder)
