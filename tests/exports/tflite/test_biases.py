"""What rounding adds to a layer on average is taken off its bias."""

import keras
import numpy as np
import pytest
from keras import layers

from tltool.exports.tflite import road
from tltool.exports.tflite.activity import watch
from tltool.exports.tflite.biases import with_biases
from tltool.exports.tflite.conversion import Calibrated, calibrate
from tltool.runtimes.litert import TfliteModel

PHOTOS = np.random.default_rng(0).integers(100, 256, (16, 16, 16, 3), "uint8")  # whose mean is far from 0


LAYERS = {
    "whole": lambda: layers.Conv2D(4, 3, use_bias=False),
    "grouped": lambda: layers.Conv2D(6, 3, groups=3),
    "depthwise": lambda: layers.DepthwiseConv2D(3, depth_multiplier=2),
    "dense": lambda: layers.Dense(4, bias_initializer="ones"),
}


def model_of(name: str) -> keras.Model:
    """One layer, in whose kernels all numbers but one are rounded down by nearly half a step."""
    photo = keras.Input((16, 16, 3))
    layer = LAYERS[name]()
    model = keras.Model(photo, layer(layers.AveragePooling2D(4)(photo)))
    kernel = np.full(layer.weights[0].shape, 4.45 / 127)
    kernel[(0,) if kernel.ndim == 2 else (0, 0) if name == "depthwise" else (0, 0, 0)] = 1
    layer.weights[0].assign(kernel)
    return model


@pytest.fixture(scope="module")
def calibrated() -> Calibrated:
    return calibrate(model_of("depthwise"), PHOTOS)


def answers(content: bytes) -> np.ndarray:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    return TfliteModel({}, interpreter)(PHOTOS)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_gives_on_average_what_it_gives_in_float(name: str) -> None:
    calibrated = calibrate(model_of(name), PHOTOS)
    exact, quantized = answers(calibrated.content), road.quantize(calibrated.content, [])
    before, after = (np.abs((answers(content) - exact).mean(axis=0)) for content in (quantized, with_biases(quantized, *calibrated)))
    assert after.mean() < before.mean() / 3


def test_layers_that_were_left_in_float_stay_as_they_are(calibrated: Calibrated) -> None:
    from tltool.exports.tflite.graph import operators, output_name, read_graph

    graph = read_graph(calibrated.content)
    quantized = road.quantize(calibrated.content, [output_name(graph, its) for _, its in operators(graph)])
    assert np.array_equal(answers(with_biases(quantized, *calibrated)), answers(quantized))


def test_nothing_is_corrected_where_layers_are_others(calibrated: Calibrated) -> None:
    photo = keras.Input((16, 16, 3))
    other = calibrate(keras.Model(photo, layers.Conv2D(2, 3)(photo)), PHOTOS)
    quantized = road.quantize(calibrated.content, [])
    assert with_biases(quantized, *other) == quantized
    assert watch(other.content, PHOTOS).keys() == other.seen.keys()
