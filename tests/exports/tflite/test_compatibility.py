"""Every file says which runtime it needs, and says it right."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from tltool.exports.tflite.compatibility import find_oldest, oldest_runtime
from tltool.exports.tflite.conversion import convert
from tltool.exports.tflite.graph import operators, read_graph
from tltool.specs import Precision


@pytest.mark.parametrize(
    ("precision", "needed"), [("float32", "1.6.0"), ("float16", "1.15.0"), ("dynamic", "2.4.0"), ("int8", "1.14.0"), ("int16x8", "2.4.0")]
)
def test_the_oldest_runtime_is_that_of_the_newest_operator(every: Path, precision: str, needed: str) -> None:
    path = every / f"model-{precision}.tflite"
    assert oldest_runtime(path) == needed
    model = read_graph(path.read_bytes())
    (noted,) = (model.buffers[entry.buffer].data for entry in model.metadata if entry.name == b"min_runtime_version")
    assert bytes(noted).rstrip(b"\0").decode() == needed and len(noted) == 16  # for other tools to read


@pytest.mark.parametrize("precision", ["dynamic", "int8", "int16x8"])
def test_dense_layers_have_one_scale_which_old_runtimes_know(digits: tuple[np.ndarray, np.ndarray], precision: Precision) -> None:
    photo = keras.Input((16, 16, 3))
    model = keras.Model(photo, layers.Dense(10, activation="softmax")(layers.Flatten()(photo / 255)))
    graph = read_graph(convert(model, precision, digits[0][:8]))
    (dense,) = (operator for name, operator in operators(graph) if name == "FULLY_CONNECTED")
    assert len(graph.subgraphs[0].tensors[dense.inputs[1]].quantization.scale) == 1
    assert graph.operatorCodes[dense.opcodeIndex].version < 12


def test_a_file_of_others_that_notes_nothing_needs_nothing_known(every: Path) -> None:
    model = read_graph((every / "model-float32.tflite").read_bytes())
    model.metadata = None
    assert find_oldest(model) == ""
