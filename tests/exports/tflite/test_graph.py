from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from tltool.exports.tflite.conversion import calibrate, convert, quantize
from tltool.exports.tflite.float16 import halve
from tltool.exports.tflite.graph import count_float_operators, operators, output_name, read_graph, restore_weights, write_graph

PHOTOS = np.random.default_rng(0).integers(0, 256, (100, 16, 16, 3), "uint8")


def test_a_graph_that_is_read_and_written_answers_as_before(exact: bytes, answers: Callable[[bytes], np.ndarray]) -> None:
    assert (answers(write_graph(read_graph(exact))) == answers(exact)).all()


def test_operators_left_in_float_are_counted_and_the_borders_are_not(graded: keras.Model, exact: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"

    def counted(content: bytes) -> dict[str, int]:
        path.write_bytes(content)
        return count_float_operators(path)

    assert counted(exact)["CONV_2D"] == 3 and counted(halve(exact)) == counted(exact)
    assert counted(convert(graded, "int8", PHOTOS)) == counted(convert(graded, "int16x8", PHOTOS)) == {}
    calibrated = calibrate(graded, PHOTOS[:16])
    graph = read_graph(calibrated)
    names = [output_name(graph, operator) for name, operator in operators(graph) if name == "CONV_2D"]
    assert counted(quantize(calibrated, [name for name in names if "late" in name])) == {"CONV_2D": 1}


def test_layers_of_a_dynamic_file_get_their_float_weights_back(
    graded: keras.Model, exact: bytes, answers: Callable[[bytes], np.ndarray]
) -> None:
    dynamic = convert(graded, "dynamic")
    graph = read_graph(dynamic)
    every = {output_name(graph, operator) for _, operator in operators(graph)}
    before, after = (np.abs(answers(content) - answers(exact)).max() for content in (dynamic, restore_weights(dynamic, exact, every)))
    assert after < 1e-6 < before
    assert (answers(restore_weights(dynamic, exact, set())) == answers(dynamic)).all()
