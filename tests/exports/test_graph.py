from pathlib import Path

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from keras import layers

from tltool.evaluation.litert import TfliteClassifier
from tltool.exports import graph as graphs
from tltool.exports.graph import FLOAT16, FLOAT32, count_float_operators, halve, operators, output_name, read_graph, restore_weights
from tltool.exports.tflite import calibrate, convert, quantize

PHOTOS = np.random.default_rng(0).integers(0, 256, (100, 16, 16, 3), "uint8")


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    photo = keras.Input((16, 16, 3))
    x = layers.Conv2D(8, 3, activation="relu", name="early")(layers.Rescaling(1 / 127.5, -1)(photo))
    x = layers.DepthwiseConv2D(3, activation="relu", name="depthwise")(x)
    x = layers.Conv2D(96, 3, activation="relu", name="late")(x)
    x = layers.Conv2D(64, 3, activation="relu", name="last")(x)
    x = layers.Dense(3, kernel_initializer=keras.initializers.RandomNormal(stddev=2.0), name="logits")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(photo, layers.Softmax()(x))


@pytest.fixture(scope="module")
def exact(model: keras.Model) -> bytes:
    return convert(model, "float32")


def answers(content: bytes) -> np.ndarray:
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    return TfliteClassifier({}, interpreter)(PHOTOS[:20])


def constants(content: bytes) -> dict[str, tuple[int, int]]:
    """Name → type and number of values of every constant weight of a convolution."""
    graph = read_graph(content)
    found = {}
    for tensor in graph.subgraphs[0].tensors:
        data = graph.buffers[tensor.buffer].data
        if data is not None and len(data):
            found[tensor.name.decode()] = tensor.type, len(data) // (2 if tensor.type == FLOAT16 else 4)
    return found


def test_a_graph_that_is_read_and_written_answers_as_before(exact: bytes) -> None:
    assert (answers(graphs.write_graph(read_graph(exact))) == answers(exact)).all()


def test_halving_takes_half_the_bytes_and_hardly_moves_the_answers(exact: bytes) -> None:
    half = halve(exact)
    assert len(half) < 0.56 * len(exact)
    gap = np.abs(answers(half) - answers(exact)).max()
    assert 0 < gap < 2e-3


def test_the_large_weights_are_halved_and_the_small_ones_stay_float32(exact: bytes) -> None:
    kinds = constants(halve(exact))
    halved = {size for kind, size in kinds.values() if kind == FLOAT16}
    assert halved == {8 * 9 * 96, 96 * 9 * 64}
    assert {72, 216} <= {size for kind, size in kinds.values() if kind == FLOAT32}  # depthwise and early kernels


def test_the_smallest_are_spared_up_to_a_share() -> None:
    sizes = {5: 1000, 1: 100, 2: 300, 9: 10_000}
    assert graphs._smallest(sizes, 0.01) == {1}
    assert graphs._smallest(sizes, 0.05) == {1, 2}
    assert graphs._smallest(sizes, 0) == set() and graphs._smallest(sizes, 1) == set(sizes)
    assert graphs._smallest({1: 3, 2: 10_000}, 0) == {1}  # too small to be worth an operator


def test_weights_beyond_the_range_of_float16_do_not_become_infinite() -> None:
    photo = keras.Input((16, 16, 3))
    dense = layers.Dense(4, name="logits")
    model = keras.Model(photo, dense(layers.Flatten()(photo)))
    dense.set_weights([np.full((768, 4), 1e5, "float32"), np.zeros(4, "float32")])
    assert np.isfinite(answers(halve(convert(model, "float32"), 0))).all()


def test_operators_left_in_float_are_counted_and_the_borders_are_not(model: keras.Model, exact: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"

    def counted(content: bytes) -> dict[str, int]:
        path.write_bytes(content)
        return count_float_operators(path)

    assert counted(exact)["CONV_2D"] == 3 and counted(halve(exact)) == counted(exact)
    assert counted(convert(model, "int8", PHOTOS)) == counted(convert(model, "int16x8", PHOTOS)) == {}
    calibrated = calibrate(model, PHOTOS[:16])
    graph = read_graph(calibrated)
    names = [output_name(graph, operator) for name, operator in operators(graph) if name == "CONV_2D"]
    assert counted(quantize(calibrated, [name for name in names if "late" in name])) == {"CONV_2D": 1}


def test_layers_of_a_dynamic_file_get_their_float_weights_back(model: keras.Model, exact: bytes) -> None:
    dynamic = convert(model, "dynamic")
    graph = read_graph(dynamic)
    every = {output_name(graph, operator) for _, operator in operators(graph)}
    before, after = (np.abs(answers(content) - answers(exact)).max() for content in (dynamic, restore_weights(dynamic, exact, every)))
    assert after < 1e-6 < before
    assert (answers(restore_weights(dynamic, exact, set())) == answers(dynamic)).all()
