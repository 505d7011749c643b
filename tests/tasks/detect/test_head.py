"""The layers of detection, from features to boxes."""

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from keras import layers

from tltool.data.annotations.cells import parse
from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.data.geometry import Frame
from tltool.errors import SpecError
from tltool.exports.tflite.conversion import convert
from tltool.models.saving.store import load_model, save_model
from tltool.runtimes.litert import TfliteModel
from tltool.specs import Head
from tltool.tasks.detect import answers, head, measures

SIDE, CLASSES = 32, ["light", "dark"]


def model_of(seed: int = 0) -> keras.Model:
    keras.utils.set_random_seed(seed)
    photo = keras.Input((SIDE, SIDE, 3))
    x = layers.Rescaling(1 / 127.5, -1)(photo)
    for stride in (2, 2):
        x = layers.Conv2D(16, 5, stride, padding="same", activation="relu")(x)
    return keras.Model(photo, head.attach(layers.Conv2D(16, 5, padding="same", activation="relu")(x), Head(), len(CLASSES), seed))


def scenes(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Light and dark rectangles on grey, and what is true of them."""
    generator, pixels, truths = np.random.default_rng(0), np.full((n, SIDE, SIDE, 3), 128, np.uint8), np.empty(n, object)
    for photo in range(n):
        (left, top), (wide, high), kind = generator.integers(0, 16, 2), generator.integers(8, 16, 2), photo % 2
        pixels[photo, top : top + high, left : left + wide] = (255, 0)[kind]
        truths[photo] = Truth(SIDE, SIDE, (Instance(Box(CLASSES[kind], left, top, left + wide, top + high)),))
    return pixels, truths


def test_outputs_are_boxes_and_scores_and_at_first_no_cell_is_a_centre() -> None:
    model, pixels = model_of(), scenes(2)[0].astype("float32")
    outputs = model.predict(pixels, verbose=0)
    assert outputs.shape == (2, 64, 6) and head.fits(model, 2) and not head.fits(model, 3)
    assert (outputs[..., 2:4] > 0).all() and outputs[..., 4:].mean() == pytest.approx(0.01, rel=0.5)
    parts = keras.Model(model.input, [model.get_layer(name).output for name in ("boxes", "heat", "logits")]).predict(pixels, verbose=0)
    assert [part.shape[-1] for part in parts] == [4, 2, 6]
    assert np.array_equal(np.concatenate(parts[:2], axis=-1), parts[2]) and np.array_equal(parts[0], outputs[..., :4])
    assert outputs[..., 4:] == pytest.approx(1 / (1 + np.exp(-parts[1])), abs=1e-6)


def test_a_centre_lies_between_the_sides() -> None:
    boxes = model_of().predict(scenes(4)[0].astype("float32"), verbose=0)[..., :4]
    assert (np.abs(boxes[..., :2]) <= boxes[..., 2:] / 2 + 1e-6).all()


def test_a_box_is_made_of_the_distances_from_the_middle_of_its_cell() -> None:
    model, pixels = model_of(), scenes(2)[0].astype("float32")
    kernel, _ = model.get_layer("sides").get_weights()
    model.get_layer("sides").set_weights([kernel * 20, np.array([-9, 3, 0, 12])])
    inside = keras.Model(model.input, [model.get_layer(name).output for name in ("distances", "boxes")])
    raw, boxes = inside.predict(pixels, verbose=0)
    top, left, bottom, right = np.moveaxis(np.logaddexp(0, raw), -1, 0) * head.NEAR / 8  # softplus, in shares of 8 cells
    expected = np.stack([(bottom - top) / 2, (right - left) / 2, top + bottom, left + right], axis=-1)
    assert boxes == pytest.approx(expected, abs=1e-5)


def test_it_learns_where_things_are() -> None:
    (pixels, truths), model = scenes(32), model_of()
    trainer = keras.Model(model.input, model.get_layer("logits").output)
    targets = head.targets(model, truths, CLASSES, "pad")(np.arange(32), None)
    trainer.compile(keras.optimizers.Adam(3e-3), head.loss(model, 0.0))
    losses = trainer.fit(pixels.astype("float32"), targets, batch_size=8, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 3
    model.trainable = False
    said = answers.said(model.predict(pixels.astype("float32"), verbose=0), CLASSES, {}, [Frame(SIDE, SIDE, SIDE, "pad")] * 32)
    assert measures.score(truths, [*map(parse, said)], CLASSES) > 0.2


def test_it_survives_saving(tmp_path) -> None:  # type: ignore[no-untyped-def]
    model, pixels = model_of(), scenes(2)[0].astype("float32")
    save_model(model, tmp_path / "model.keras")
    assert np.array_equal(load_model(tmp_path / "model.keras").predict(pixels, verbose=0), model.predict(pixels, verbose=0))


def test_no_metric_is_taken_in_the_graph_and_nothing_is_solved() -> None:
    assert head.metric(model_of()) is None
    with pytest.raises(SpecError, match="finds boxes"):
        head.solve(model_of(), (np.zeros((1, 1)),) * 2, (np.zeros((1, 1)),) * 2, False, 1)


def test_eight_bits_hold_small_distances_beside_large_ones() -> None:
    """log(1 + exp(x)), which converters make of a softplus, lost 12 here."""
    photo = keras.Input((16, 16, 3))
    raw = layers.Conv2D(1, 1, name="raw")(layers.Rescaling(24 / 255, -12)(photo))
    model = keras.Model(photo, head._softplus(raw))
    model.get_layer("raw").set_weights([np.array([1, 0, 0], "float32").reshape(1, 1, 3, 1), np.zeros(1, "float32")])
    photos = np.arange(4 * 16 * 16 * 3).reshape(4, 16, 16, 3) % 256
    graph = Interpreter(model_content=convert(model, "int8", photos.astype("uint8")))
    graph.allocate_tensors()
    found = TfliteModel({}, graph).parts(photos.astype("uint8"))[0]
    assert np.abs(found - model.predict(photos.astype("float32"), verbose=0)).max() < 0.2
