"""Every padding and pooling of a stack as a TFLite file: builtin operators alone, the same answers, and nothing left in float by int8."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from tltool.exports.tflite.conversion import convert
from tltool.exports.tflite.graph import count_float_operators
from tltool.models.assembly import assemble
from tltool.models.stack.conv_stack import build_stack
from tltool.specs import ConvStack, Head

PHOTOS = np.random.default_rng(0).integers(0, 256, (24, 1, 1, 3)) * np.ones((24, 16, 16, 3)) * np.linspace(0.2, 1, 16)[:, None]
PHOTOS = (PHOTOS + np.random.default_rng(1).integers(-20, 20, PHOTOS.shape)).clip(0, 255).astype("uint8")
STACKS = {
    "same max": (("6@3", "6@3/2"), "max", {}),
    "valid average": (("6@3:valid:average(3,2,same)", "6@3:valid:average"), "avg", {}),
    "reflect min": (("6@3:reflect:min", "6@3:reflect:min(3,2,same)"), "min", {}),
    "replicate sum": (("6@3:replicate:sum(3,2,same)", "6@5/2:replicate"), "flatten", {}),
    "constant gem": (("6@3:constant(0.5):gem(3,2,same)", "6@3:dilation(2):constant(-1):gem"), "gem", {}),
    "fixed and grey": (("6@3:no-norm:dropout(0.2)",), "avg", {"first_layer": "gabor", "channels": 1}),
}


@pytest.fixture(scope="module", params=STACKS)
def model(request: pytest.FixtureRequest) -> keras.Model:
    """A stack whose head tells the photos apart, so that a constant answer would show."""
    conv, pool, fields = STACKS[request.param]
    head = Head(pool=pool, dropout=0, initializer="random_normal(stddev=2)" if pool != "flatten" else "glorot_uniform")
    return assemble(build_stack(ConvStack(conv=conv, **fields), (16, 16, 3), 1), head, ["a", "b", "c"], 1)


def test_a_float32_file_answers_as_the_model_does(model: keras.Model, answers_to: Callable[..., np.ndarray]) -> None:
    expected = model.predict_on_batch(PHOTOS.astype("float32"))
    assert expected.std(axis=0).max() > 0.01
    np.testing.assert_allclose(answers_to(convert(model, "float32"), PHOTOS), expected, atol=1e-4)


def test_an_int8_file_has_no_operator_in_float_and_answers_nearly_the_same(
    model: keras.Model, answers_to: Callable[..., np.ndarray], tmp_path: Path
) -> None:
    content = convert(model, "int8", PHOTOS)
    (tmp_path / "model.tflite").write_bytes(content)
    assert count_float_operators(tmp_path / "model.tflite") == {}
    expected = model.predict_on_batch(PHOTOS.astype("float32"))
    assert np.abs(answers_to(content, PHOTOS) - expected).mean() < 0.02


@pytest.fixture(scope="module")
def answers_to() -> Callable[[bytes, np.ndarray], np.ndarray]:
    from ai_edge_litert.interpreter import Interpreter

    from tltool.runtimes.litert import TfliteModel

    def ask(content: bytes, photos: np.ndarray) -> np.ndarray:
        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
        return TfliteModel({}, interpreter)(photos)

    return ask


def test_a_stack_for_signals_converts_to_builtin_operators() -> None:
    stack = ConvStack(conv=("4@3:causal:gem", "4@3/2:causal", "4@3:dilation(2):reflect:min(3,2,same)"))
    model = assemble(build_stack(stack, (32, 2), 1), Head(dropout=0), ["a", "b"], 1)
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=convert(model, "float32"))
    interpreter.allocate_tensors()
    signal = np.random.default_rng(0).normal(size=(1, 32, 2)).astype("float32")
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], signal)
    interpreter.invoke()
    found = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    np.testing.assert_allclose(found, model.predict_on_batch(signal), atol=1e-4)
