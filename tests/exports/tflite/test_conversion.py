import keras
import numpy as np
import pytest
from keras import layers, ops

from tltool.errors import ExportError
from tltool.exports.tflite.conversion import calibrate, convert, quantize
from tltool.runtimes.litert import TfliteModel

PHOTOS = np.random.default_rng(0).integers(40, 200, (64, 1, 1, 3)) + np.random.default_rng(1).integers(-20, 20, (64, 16, 16, 3))
PHOTOS = PHOTOS.astype("uint8")  # 20…219: never black, never white


def stack(x, classes: int = 3):
    x = layers.Rescaling(1 / 127.5, -1)(x)
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.GlobalAveragePooling2D()(x)
    return layers.Dense(classes, kernel_initializer=keras.initializers.RandomNormal(stddev=4.0), name="logits")(x)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(1)
    photo = keras.Input((16, 16, 3))
    model = keras.Model(photo, layers.Softmax(name="probabilities")(stack(photo)))
    return model


def answers(content: bytes, photos: np.ndarray = PHOTOS) -> np.ndarray:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    return TfliteModel({}, interpreter)(photos)


def input_of(content: bytes) -> dict:
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(model_content=content).get_input_details()[0]


def keras_answers(model: keras.Model) -> np.ndarray:
    return model.predict(PHOTOS.astype("float32"), verbose=0)


@pytest.mark.parametrize(("precision", "gap"), [("float32", 1e-5), ("float16", 1e-3), ("dynamic", 0.03), ("int8", 0.08), ("int16x8", 0.02)])
def test_every_precision_answers_like_the_keras_model(model: keras.Model, precision: str, gap: float) -> None:
    expected = keras_answers(model)
    assert expected.std(axis=0).max() > 0.1  # the photos are told apart, so a constant answer would show
    assert np.abs(answers(convert(model, precision, PHOTOS)) - expected).max() < gap


def test_int8_takes_plain_pixels_though_calibration_never_shows_black_or_white(model: keras.Model) -> None:
    tensor = input_of(convert(model, "int8", PHOTOS))
    assert (tensor["dtype"], tensor["quantization"], tensor["shape"].tolist()) == (np.uint8, (1.0, 0), [1, 16, 16, 3])


def test_calibration_photos_stay_as_they_were(model: keras.Model) -> None:
    before = PHOTOS.copy()
    convert(model, "int8", PHOTOS)
    assert (before == PHOTOS).all()


def test_int8_refuses_calibration_beyond_0_to_255(model: keras.Model) -> None:
    with pytest.raises(ExportError, match="plain pixels: uint8, scale 1"):
        convert(model, "int8", PHOTOS.astype("float32") * 2)


@pytest.mark.parametrize("photos", [None, PHOTOS[:0]])
@pytest.mark.parametrize("precision", ["int8", "int16x8"])
def test_quantization_without_photos_is_refused(model: keras.Model, precision: str, photos: np.ndarray | None) -> None:
    with pytest.raises(ExportError, match=rf"An {precision} export must be calibrated with photos\. Received: none"):
        convert(model, precision, photos)


def test_int16x8_takes_and_gives_float32_as_the_float_file_does(model: keras.Model) -> None:
    content = convert(model, "int16x8", PHOTOS)
    assert input_of(content)["dtype"] == np.float32 and answers(content).dtype == np.float32


def test_quantizing_what_was_calibrated_gives_what_the_converter_gives(model: keras.Model) -> None:
    content = quantize(calibrate(model, PHOTOS))
    assert (answers(content) == answers(convert(model, "int8", PHOTOS))).all()
    assert input_of(content)["dtype"] == np.uint8


def test_a_sigmoid_head_keeps_one_column_per_class_in_int8() -> None:
    keras.utils.set_random_seed(0)
    photo = keras.Input((16, 16, 3))
    yes = ops.sigmoid(stack(photo, 1))
    model = keras.Model(photo, layers.Concatenate(name="probabilities")([1 - yes, yes]))
    expected, found = keras_answers(model), answers(convert(model, "int8", PHOTOS))
    assert np.abs(found - expected).max() < 0.08
    assert np.allclose(found.sum(axis=1), 1, atol=0.01)


def test_a_part_that_ends_at_the_logits_converts(model: keras.Model) -> None:
    part = keras.Model(model.input, model.get_layer("logits").output)
    expected = keras_answers(part)
    assert np.corrcoef(answers(convert(part, "int8", PHOTOS)).ravel(), expected.ravel())[0, 1] > 0.99
    assert np.allclose(answers(convert(part, "float32")), expected, atol=1e-4)


def test_padding_and_pooling_made_of_operations_convert() -> None:
    keras.utils.set_random_seed(0)
    photo = keras.Input((16, 16, 3))
    x = ops.pad(layers.Rescaling(1 / 255)(photo), [[0, 0], [1, 1], [1, 1], [0, 0]], mode="reflect")
    x = layers.Conv2D(4, 3)(ops.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=0.5))
    x = layers.MaxPooling2D()(x * -1.0) * -1.0
    model = keras.Model(photo, layers.Softmax()(layers.Dense(3)(layers.Flatten()(x))))
    expected = keras_answers(model)
    assert np.abs(answers(convert(model, "float32")) - expected).max() < 1e-5
    assert np.abs(answers(convert(model, "int8", PHOTOS)) - expected).max() < 0.08


def fourier_model() -> keras.Model:
    photo = keras.Input((16, 16, 3))
    real, _ = ops.fft2((photo[..., 0], photo[..., 1]))
    return keras.Model(photo, layers.Dense(3)(layers.Flatten()(real)))


def test_an_operator_outside_the_builtin_set_is_named_and_the_terminal_stays_clean(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ExportError, match=r"the operator .*FFT2D"):
        convert(fourier_model(), "float32")
    print("still here")
    assert capfd.readouterr() == ("still here\n", "")


def test_an_operator_that_converts_and_cannot_run_is_named() -> None:
    photo = keras.Input((16, 16, 3))
    x = layers.LayerNormalization()(layers.Conv2D(4, 3)(photo))  # as in ConvNeXt: no kernel for squared differences of int16
    model = keras.Model(photo, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(x)))
    with pytest.raises(ExportError, match=r"LiteRT must be able to run the converted model\. Received, for int16x8: .*SquaredDifference"):
        convert(model, "int16x8", PHOTOS)


def test_a_model_of_nan_is_refused() -> None:
    photo = keras.Input((16, 16, 3))
    model = keras.Model(photo, stack(photo))
    model.get_layer("logits").set_weights([np.full((8, 3), np.nan, "float32"), np.zeros(3, "float32")])
    with pytest.raises(ExportError, match="must give numbers"):
        convert(model, "float32")


def test_another_backend_is_told_how_to_switch(model: keras.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ExportError, match=r"Received: jax\. Run it again with KERAS_BACKEND=tensorflow"):
        convert(model, "float32")
