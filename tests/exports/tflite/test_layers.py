"""The layers that quantization hurts are found and named."""

import keras
import numpy as np

from tltool.exports.tflite.conversion import calibrate
from tltool.exports.tflite.graph import operators, output_name, read_graph
from tltool.exports.tflite.layers import _around, find_losses

Digits = tuple[np.ndarray, np.ndarray]


def test_the_layer_with_the_large_channel_and_the_one_that_reads_it_lose_most(spoiled: keras.Model, digits: Digits) -> None:
    losses = find_losses(calibrate(spoiled, digits[0][:128]), digits[0][:8])
    worst = list(losses)[:2]
    assert {name.split("/")[1].removesuffix("_1") for name in worst} == {"second", "third"}
    assert losses[worst[1]] > 0.5 and max(losses[name] for name in losses if "first" in name) < 0.01


def test_pooling_between_two_layers_goes_into_float_with_them(spoiled: keras.Model, digits: Digits) -> None:
    graph = read_graph(calibrate(spoiled, digits[0][:16]))
    second = next(output_name(graph, operator) for _, operator in operators(graph) if "second" in output_name(graph, operator))
    layers = ("first", "second", "between", "third", "logits")
    assert [layer for layer in layers if any(layer in name for name in _around(graph, second))] == ["second", "between", "third"]
