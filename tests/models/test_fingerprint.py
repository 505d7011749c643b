"""What a model computes, as one short text."""

import keras
import numpy as np
import pytest

from tltool.models.assembly import assemble
from tltool.models.fingerprint import fingerprint
from tltool.models.freezing import freeze
from tltool.models.head import features_of
from tltool.models.saving.store import load_model, save_model
from tltool.specs import Head


def network(kernel: int = 3, name: str | None = None, **convolution: object) -> keras.Model:
    photo = keras.Input((8, 8, 3))
    seeded = keras.initializers.HeNormal(seed=1)
    x = keras.layers.Conv2D(4, kernel, padding="same", kernel_initializer=seeded, name=name, **convolution)(photo)
    x = keras.layers.BatchNormalization()(x)
    return keras.Model(photo, keras.layers.GlobalAveragePooling2D()(x * 2.0))


def test_equal_layers_with_equal_weights_have_one_fingerprint_whatever_they_are_called() -> None:
    assert fingerprint(network()) == fingerprint(network()) == fingerprint(network(name="other"))


@pytest.mark.parametrize("other", [{"kernel": 5}, {"strides": 2}, {"activation": "relu"}, {"dtype": "mixed_bfloat16"}, {"use_bias": False}])
def test_another_architecture_has_another(other: dict[str, object]) -> None:
    assert fingerprint(network()) != fingerprint(network(**other))  # type: ignore[arg-type]


def test_one_weight_that_is_another_makes_another() -> None:
    model = network()
    before = fingerprint(model)
    for place, values in enumerate(model.get_weights()):
        values.flat[-1] = np.nextafter(values.flat[-1], np.float32(9))
        model.set_weights([values if i == place else weight for i, weight in enumerate(model.get_weights())])
        assert fingerprint(model) != before
        before = fingerprint(model)


def test_where_a_layer_stands_matters() -> None:
    def skipping(first: bool) -> keras.Model:
        x = keras.Input((4,))
        a = keras.layers.Activation("relu")(x)
        b = keras.layers.Activation("tanh")(a)
        return keras.Model(x, keras.layers.Add()([a if first else x, b]))

    assert fingerprint(skipping(True)) != fingerprint(skipping(False)) == fingerprint(skipping(False))


def test_a_number_in_an_operation_matters() -> None:
    def times(factor: float) -> keras.Model:
        x = keras.Input((4,))
        return keras.Model(x, x * factor)

    assert fingerprint(times(-1.0)) != fingerprint(times(-2.0))


def test_what_matters_in_training_alone_does_not() -> None:
    body = network()
    model = keras.Model(body.input, body.output, name="backbone")
    before = fingerprint(model)
    freeze(model, [], "frozen")
    frozen = fingerprint(model)
    freeze(model, [layer.name for layer in model.layers], "adapt")
    assert before == frozen == fingerprint(model)


def test_a_model_has_the_same_after_it_was_saved(tmp_path) -> None:
    photo = keras.Input((8, 8, 3))
    body = keras.Model(photo, keras.layers.Conv2D(4, 3)(photo), name="backbone")
    model = assemble(body, Head(pool="min"), ["a", "b"], 0)
    save_model(model, tmp_path / "model.keras")
    assert fingerprint(features_of(load_model(tmp_path / "model.keras"))) == fingerprint(features_of(model)) != fingerprint(model)
