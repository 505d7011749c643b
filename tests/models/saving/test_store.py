"""Saving and loading: what tltool builds comes back equal, what it does not build is not saved, and no half file is left."""

import resource
import sys
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from tltool.atomic import sweep
from tltool.errors import RunError
from tltool.models.saving.store import load_model, save_model


def small_model() -> keras.Model:
    photo = keras.Input((12, 12, 3), name="photo")
    x = layers.Conv2D(4, 3, kernel_initializer="he_normal", kernel_regularizer="l2", activation="relu")(photo)
    x = layers.BatchNormalization()(x)
    return keras.Model(photo, layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling2D()(x)), name="classifier")


def nested_model() -> keras.Model:
    backbone = small_model()
    body = keras.Model(backbone.input, backbone.layers[-2].output, name="backbone")
    photo = keras.Input((12, 12, 3), name="photo")
    return keras.Model(photo, layers.Dense(2, name="logits")(body(photo)), name="classifier")


def sequential_model() -> keras.Model:
    return keras.Sequential([keras.Input((12, 12, 3)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(2)])


def model_of_operations() -> keras.Model:
    """Padding, scaling and pooling written as functions of keras.ops."""
    photo = keras.Input((12, 12, 3), name="photo")
    x = ops.subtract(photo[..., ::-1], np.array([103.9, 116.8, 123.7], "float32"))
    x = ops.take(x, [2, 1, 0], axis=-1)
    x = ops.pad(x, ((0, 0), (1, 1), (2, 2), (0, 0)), mode="reflect")
    x = ops.concatenate([x[:, :1], x, x[:, -1:]], axis=1)
    x = layers.Conv2D(4, 3, kernel_initializer=keras.initializers.Constant(0.01))(x) * -1.0
    power = ops.power(ops.mean(ops.power(ops.maximum(x, 1e-6), 3.0), axis=(1, 2)), 1 / 3)
    pooled = ops.concatenate([ops.min(x, axis=(1, 2)), ops.sum(x, axis=(1, 2)) / 4.0, power])
    p = layers.Activation("sigmoid")(layers.Dense(1, name="logits")(pooled))
    return keras.Model(photo, layers.Concatenate(name="probabilities")([1.0 - p, p]))


@pytest.mark.parametrize("build", [small_model, nested_model, sequential_model, model_of_operations])
def test_a_model_comes_back_equal(build: Any, tmp_path: Path) -> None:
    model = build()
    save_model(model, tmp_path / "model.keras")
    photos = np.random.default_rng(0).uniform(0, 255, (2, 12, 12, 3)).astype("float32")
    np.testing.assert_array_equal(load_model(tmp_path / "model.keras")(photos), model(photos))
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


@pytest.mark.parametrize(
    ("builder", "options"),
    [
        ("mobilenet_v3.MobileNetV3Small", {"alpha": 0.35}),
        (
            "efficientnet_v2.EfficientNetV2",
            {"width_coefficient": 0.2, "depth_coefficient": 0.1, "default_size": 32, "name": "efficientnetv2-b0"},
        ),
        ("convnext.ConvNeXt", {"depths": (1, 1, 1, 1), "projection_dims": (4, 8, 16, 32)}),
    ],
)
def test_networks_of_keras_applications_come_back(builder: str, options: dict[str, Any], tmp_path: Path) -> None:
    module, name = builder.split(".")
    network = getattr(getattr(keras.src.applications, module), name)(weights=None, include_top=False, input_shape=(32, 32, 3), **options)
    save_model(network, tmp_path / "model.keras")
    assert load_model(tmp_path / "model.keras").count_params() == network.count_params()


def test_the_private_layer_of_inception_resnet_comes_back(tmp_path: Path) -> None:
    photo = keras.Input((4, 4, 3))
    mixed = keras.src.applications.inception_resnet_v2.CustomScaleLayer(0.2)([photo, photo])
    save_model(keras.Model(photo, mixed), tmp_path / "model.keras")
    np.testing.assert_allclose(load_model(tmp_path / "model.keras")(np.ones((1, 4, 4, 3))), 1.2, rtol=1e-6)


def test_a_hub_layer_comes_back_with_its_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if keras.backend.backend() != "tensorflow":
        pytest.skip("a hub module is a TensorFlow graph")
    import tensorflow as tf

    from tltool.models.hub.layer import load_hub

    module = tf.Module()
    module.kernel = tf.Variable(tf.random.normal([3, 5], seed=1))
    photos = tf.TensorSpec([None, 8, 8, 3])
    module.__call__ = tf.function(lambda x: tf.reduce_mean(x, (1, 2)) @ module.kernel, input_signature=[photos])
    tf.saved_model.save(module, tmp_path / "module")
    model = load_hub(str(tmp_path / "module"), size=8)
    save_model(model, tmp_path / "model.keras")
    monkeypatch.delitem(sys.modules, "tltool.models.hub.layer")  # as in a process that has not built a hub model
    monkeypatch.delitem(keras.saving.get_custom_objects(), "tltool>HubModule")
    loaded = load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(np.ones((1, 8, 8, 3), "float32")), model(np.ones((1, 8, 8, 3), "float32")))


def test_the_state_of_the_training_is_not_saved(tmp_path: Path) -> None:
    model = small_model()
    model.compile("adam", "categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    save_model(model, tmp_path / "model.keras")
    assert model.compiled  # training can go on
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        assert b"adam" not in archive.read("config.json").lower() and b"optimizer" not in archive.read("model.weights.h5")
    loaded = load_model(tmp_path / "model.keras")
    assert not loaded.compiled and loaded.name == "classifier"
    np.testing.assert_array_equal(loaded(np.ones((1, 12, 12, 3))), model(np.ones((1, 12, 12, 3))))


def test_a_model_that_could_not_be_loaded_again_is_not_saved(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((2,)), layers.Lambda(keras.ops.relu)])
    with pytest.raises(RunError, match=r"/model\.keras with .*(Lambda|function)"):
        save_model(model, tmp_path / "model.keras")
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_old_file_and_no_half_one(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    save_model(small_model(), path)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, hard))  # writing fails as on a full disk
    try:
        with pytest.raises(RunError, match="room"):
            save_model(small_model(), path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_what_a_killed_save_leaves_goes_with_the_other_drafts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Path] = []
    with monkeypatch.context() as patch:
        patch.setattr(keras.saving, "save_model", lambda model, path: begun.append(path))
        with pytest.raises(RunError):  # nothing is there to be checked
            save_model(small_model(), tmp_path / "model.keras")
    for name in ("model.keras", ".mine.keras", begun[0].name):
        (tmp_path / name).write_bytes(b"half")
    sweep(tmp_path, ["run.json", "model.keras"])
    assert {path.name for path in tmp_path.iterdir()} == {"model.keras", ".mine.keras"}


def test_a_folder_that_is_missing_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"missing/model\.keras"):
        save_model(small_model(), tmp_path / "missing" / "model.keras")


def test_weights_that_do_not_fit_the_config_are_one_sentence(tmp_path: Path) -> None:
    save_model(small_model(), tmp_path / "a.keras")
    save_model(nested_model(), tmp_path / "b.keras")
    with (
        zipfile.ZipFile(tmp_path / "a.keras") as a,
        zipfile.ZipFile(tmp_path / "b.keras") as b,
        zipfile.ZipFile(tmp_path / "mixed.keras", "w") as mixed,
    ):
        for archive, name in ((a, "config.json"), (a, "metadata.json"), (b, "model.weights.h5")):
            mixed.writestr(name, archive.read(name))
    with pytest.raises(RunError, match="must fit this version of Keras") as caught:
        load_model(tmp_path / "mixed.keras")
    assert "\n" not in str(caught.value)


def test_loading_stays_guarded_when_safe_mode_was_switched_off(tmp_path: Path) -> None:
    keras.Sequential([keras.Input((2,)), layers.Lambda(lambda x: x)]).save(tmp_path / "model.keras")
    keras.config.enable_unsafe_deserialization()
    try:
        with pytest.raises(RunError, match="Lambda"):
            load_model(tmp_path / "model.keras")
    finally:
        keras.src.backend.common.global_state.set_global_attribute("safe_mode_saving", None)
