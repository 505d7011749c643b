"""What flows through a float file is seen as it is, and not as what was written over it."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from tltool.exports.tflite.activity import watch, with_ranges
from tltool.exports.tflite.conversion import Calibrated, calibrate, quantize
from tltool.exports.tflite.graph import operators, read_graph
from tltool.runtimes.litert import TfliteModel

PHOTOS = np.random.default_rng(0).integers(0, 256, (16, 8, 8, 3), "uint8")


@pytest.fixture(scope="module")
def calibrated() -> Calibrated:
    """Numbers from 0 to 2, to -1 to 1, and the logarithm of 1 to 2, each written where the one before it lay."""
    photo = keras.Input((8, 8, 3))
    x = layers.Rescaling(1 / 127.5, -1)(photo)
    return calibrate(keras.Model(photo, ops.log(ops.exp(ops.abs(x) * -16.0) + 1.0)), PHOTOS)


def test_a_range_is_that_of_what_its_own_operator_wrote(calibrated: Calibrated) -> None:
    graph = read_graph(calibrated.content).subgraphs[0]
    ranges = {name: graph.tensors[int(its.outputs[0])].quantization for name, its in operators(read_graph(calibrated.content))}
    assert [ranges["LOG"].min[0], ranges["LOG"].max[0]] == pytest.approx([0, np.log1p(np.exp(-16 / 255))], abs=1e-3)
    assert [ranges["EXP"].min[0], ranges["EXP"].max[0]] == pytest.approx([0, np.exp(-16 / 255)], abs=1e-3)


def test_a_logarithm_below_one_keeps_its_steps_in_int8(calibrated: Calibrated) -> None:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=quantize(calibrated))
    interpreter.allocate_tensors()
    found = TfliteModel({}, interpreter)(PHOTOS).reshape(PHOTOS.shape)
    expected = np.log1p(np.exp(-16 * np.abs(PHOTOS / 127.5 - 1)))
    assert len(np.unique(found)) > 20 and np.abs(found - expected).max() < 0.05


def test_means_are_those_of_channels_over_all_photos(calibrated: Calibrated) -> None:
    last = int(read_graph(calibrated.content).subgraphs[0].outputs[0])
    shown = PHOTOS.copy()
    shown[0, 0, 0], shown[0, 0, 1] = 0, 255  # so that the scale of pixels is 1
    expected = np.log1p(np.exp(-16 * np.abs(shown / 127.5 - 1)))
    seen = watch(calibrated.content, PHOTOS)[last]
    np.testing.assert_allclose(seen.means, expected.mean(axis=(0, 1, 2)), atol=1e-4)
    assert (seen.lowest, seen.highest) == pytest.approx((expected.min(), expected.max()), abs=1e-4)
    assert np.array_equal(seen.means, calibrated.seen[last].means)


def test_what_is_no_number_is_no_range(calibrated: Calibrated) -> None:
    (place, its), *_ = calibrated.seen.items()
    changed = with_ranges(calibrated.content, {place: its._replace(highest=float("nan"))})
    assert read_graph(changed).subgraphs[0].tensors[place].quantization.max == pytest.approx([its.highest])
