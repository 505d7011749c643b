"""Model files that describe more than they store, or more than a photo can need: refused before a number of it is made."""

import copy
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers, ops

from tltool.errors import RunError
from tltool.models.backbone import load_backbone
from tltool.models.saving import archive
from tltool.models.saving.archive import check_archive
from tltool.models.saving.config_guard import config_faults
from tltool.models.saving.size_guard import size_faults
from tltool.models.saving.store import load_model, save_model

Config = dict[str, Any]


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        pytest.fail("Keras was asked to load a file that is too large")

    monkeypatch.setattr(keras.saving, "load_model", fail)


def save(model: keras.Model, path: Path, change: Callable[[Config], Any] = lambda config: None) -> Path:
    """``model`` in a file, with a config that ``change`` has worked on."""
    keras.saving.save_model(model, path)
    with zipfile.ZipFile(path) as honest:
        members = {name: honest.read(name) for name in honest.namelist()}
    config = json.loads(members["config.json"])
    changed = change(config)
    members["config.json"] = json.dumps(config if changed is None else changed).encode()
    with zipfile.ZipFile(path, "w") as other:
        for name, content in members.items():
            other.writestr(name, content)
    return path


def entry(config: Config, name: str) -> Config:
    return next(found for found in config["config"]["layers"] if found["config"]["name"] == name)


def chain(*added: Any, shape: tuple[int | None, ...] = (16, 16, 3)) -> keras.Model:
    return keras.Model(photo := keras.Input(shape, name="photo"), _through(photo, added))


def _through(x: Any, added: tuple[Any, ...]) -> Any:
    for layer in added:
        x = layer(x)
    return x


# More weights than are stored


@pytest.mark.parametrize(
    ("layer", "options"),
    [
        (lambda: layers.Dense(2, name="x"), {"units": 10**9}),
        (lambda: layers.Conv2D(2, 3, name="x"), {"filters": 10**9}),
        (lambda: layers.Conv2D(2, 3, padding="same", name="x"), {"kernel_size": [30_000, 30_000]}),
        (lambda: layers.DepthwiseConv2D(3, name="x"), {"depth_multiplier": 10**8}),
        (lambda: layers.SeparableConv2D(2, 3, name="x"), {"depth_multiplier": 10**8}),
        (lambda: layers.MultiHeadAttention(2, 2, name="x"), {"key_dim": 10**8}),
        (lambda: layers.Embedding(4, 2, name="x"), {"input_dim": 10**9}),
    ],
)
@pytest.mark.usefixtures("never")
def test_a_layer_that_describes_more_weights_than_the_file_stores_is_refused(layer: Any, options: Config, tmp_path: Path) -> None:
    made = layer()
    model = chain(lambda x: made(x, x) if isinstance(made, layers.MultiHeadAttention) else made(x))
    path = save(model, tmp_path / "model.keras", lambda config: entry(config, "x")["config"].update(options))
    with pytest.raises(RunError, match=r"more than it stores, .*Received: .* of weights") as caught:
        load_model(path)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("never")
def test_a_shape_that_a_layer_is_built_for_cannot_make_it_larger_either(tmp_path: Path) -> None:
    model = chain(layers.Dense(8, name="x"))
    path = save(model, tmp_path / "model.keras", lambda config: entry(config, "x")["build_config"].update(input_shape=[None, 10**9]))
    with pytest.raises(RunError, match=r"of weights|must fit"):
        load_model(path)


@pytest.mark.usefixtures("never")
def test_what_was_refused_is_not_made_later(tmp_path: Path) -> None:
    model = chain(layers.Dense(2, name="x"))
    path = save(model, tmp_path / "model.keras", lambda config: entry(config, "x")["config"].update(units=10**12))
    with pytest.raises(RunError):
        load_model(path)
    with keras.StatelessScope():  # Keras makes what is still to be made where such a scope ends
        layers.Dense(1).build((None, 1))


# More numbers than a photo can need


@pytest.mark.parametrize(
    "added",
    [
        lambda: [layers.UpSampling2D(100_000)],
        lambda: [layers.UpSampling2D(10_000), layers.MaxPooling2D(10_000)],
        lambda: [layers.ZeroPadding2D(10**8)],
        lambda: [layers.GlobalAveragePooling2D(), layers.RepeatVector(10**9)],
        lambda: [layers.Resizing(10**6, 10**6)],
        lambda: [keras.Sequential([keras.Input((16, 16, 3)), layers.UpSampling2D(10_000), layers.GlobalMaxPooling2D()])],
        lambda: [lambda x: ops.repeat(x, 10**9, axis=0)],
        lambda: [lambda x: ops.pad(x, ((10**9, 0), (0, 0), (0, 0), (0, 0)))],
        lambda: [layers.Reshape((768, 1)), layers.ZeroPadding1D((99_232, 0)), lambda x: layers.Attention()([x, x])],
        lambda: [layers.Reshape((768, 1)), layers.Conv1D(1, 2, dilation_rate=10**9, padding="causal")],
        lambda: [layers.MaxPooling2D(10**6, padding="same")],
    ],
)
@pytest.mark.usefixtures("never")
def test_a_layer_that_makes_more_numbers_than_a_photo_can_need_is_refused(added: Any, tmp_path: Path) -> None:
    with keras.StatelessScope(initialize_variables=False):
        model = chain(*added())
    config = keras.saving.serialize_keras_object(model)
    path = save(chain(layers.Flatten()), tmp_path / "model.keras", lambda _: config)
    with pytest.raises(RunError, match="numbers at once"):
        load_model(path)


@pytest.mark.parametrize("shape", [[None, 10**6, 10**6, 3], [10**9, 16, 16, 3], [None, 10**30, 16, 3]])
@pytest.mark.usefixtures("never")
def test_an_input_that_is_huge_is_refused(shape: list[int | None], tmp_path: Path) -> None:
    path = save(
        chain(layers.GlobalMaxPooling2D()),
        tmp_path / "model.keras",
        lambda config: entry(config, "photo")["config"].update(batch_shape=shape),
    )
    with pytest.raises(RunError, match=r"numbers at once|must fit"):
        load_model(path)


@pytest.mark.usefixtures("never")
def test_sides_that_are_left_open_hide_nothing(tmp_path: Path) -> None:
    path = save(chain(layers.UpSampling2D(10_000), layers.GlobalMaxPooling2D(), shape=(None, None, 3)), tmp_path / "model.keras")
    with pytest.raises(RunError, match="numbers at once"):
        load_model(path)


@pytest.mark.parametrize(
    "build",
    [
        lambda: chain(layers.Conv2D(4, 3), layers.GlobalMaxPooling2D(), shape=(None, None, 3)),
        lambda: chain(chain(layers.Conv2D(4, 3), layers.GlobalMaxPooling2D(), shape=(None, None, 3)), layers.Dropout(0.5), layers.Dense(2)),
        lambda: chain(keras.Sequential([layers.Conv2D(4, 3, dtype="mixed_float16"), layers.LayerNormalization(axis=[1, 2, 3])])),
        lambda: chain(layers.Reshape((256, 3)), lambda x: layers.MultiHeadAttention(2, 4)(x, x), layers.Conv1D(4, 3, padding="causal")),
        lambda: chain(lambda x: ops.concatenate(ops.split(x, 2, axis=-2), axis=-1), layers.PReLU(), layers.Flatten()),
    ],
)
def test_models_with_open_sides_in_parts_and_of_operations_are_loaded(build: Any, tmp_path: Path) -> None:
    model = build()
    save_model(model, tmp_path / "model.keras")
    assert load_model(tmp_path / "model.keras").count_params() == model.count_params()


# More of everything than Keras can build in seconds


def nested(config: Config, times: int) -> Config:
    inner: Config = {"module": "keras.layers", "class_name": "Flatten", "config": {"name": "f"}, "registered_name": None}
    for _ in range(times):
        inner = {"module": "keras", "class_name": "Sequential", "config": {"name": "s", "layers": [inner]}, "registered_name": None}
    config["config"]["layers"][1].update(module="keras", class_name="Sequential", config={**inner["config"], "name": "x"})
    return config


def test_models_nested_in_models_many_times_are_refused(tmp_path: Path) -> None:
    path = save(chain(layers.Flatten(name="x")), tmp_path / "model.keras", lambda config: nested(config, 100))
    with pytest.raises(RunError, match="levels deep"):
        check_archive(path)


def many_layers(config: Config) -> Config:
    config["config"]["layers"] += [copy.deepcopy(config["config"]["layers"][1]) for _ in range(5_000)]
    return config


def long_sequential(config: Config) -> Config:
    """Keras calls what is there again with every layer that is added."""
    config["config"]["layers"][1] = nested({"config": {"layers": [{}, {}]}}, 1)["config"]["layers"][1]
    inner = config["config"]["layers"][1]["config"]
    inner["layers"] = inner["layers"] * 300
    return config


def calls_of_calls(config: Config) -> Config:
    """A model in a model in a model, each of which calls the next a hundred times."""
    found = nested(config, 3)["config"]["layers"][1]
    while "layers" in found["config"]:
        found["inbound_nodes"] = [{"args": [], "kwargs": {}}] * 100
        found = found["config"]["layers"][0]
    return config


@pytest.mark.parametrize("change", [many_layers, long_sequential, calls_of_calls])
def test_more_layers_than_any_network_has_are_refused(change: Any, tmp_path: Path) -> None:
    path = save(chain(layers.Flatten(name="x")), tmp_path / "model.keras", change)
    with pytest.raises(RunError, match="layers to be called"):
        check_archive(path)


def test_a_split_into_a_million_is_refused(tmp_path: Path) -> None:
    config = keras.saving.serialize_keras_object(chain(layers.Flatten(), lambda x: ops.split(x, 2, axis=-1)[0]))
    text = json.dumps(config).replace('"indices_or_sections": 2', '"indices_or_sections": 1000000')
    path = save(chain(layers.Flatten()), tmp_path / "model.keras", lambda _: json.loads(text))
    with pytest.raises(RunError, match="parts"):
        check_archive(path)


def test_a_config_of_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = save(chain(layers.Flatten()), tmp_path / "model.keras", lambda config: config.update(x=[1] * (2 << 20)))
    with pytest.raises(RunError, match=r"bytes of config\.json, more than"):
        check_archive(path)


# The networks of the catalogue


@pytest.mark.slow
@pytest.mark.parametrize("name", ["efficientnet_v2_l", "convnext_xlarge", "vgg19"])  # long, nested, of large maps
def test_the_largest_networks_of_the_catalogue_fit_at_a_thousand_pixels(name: str) -> None:
    with keras.StatelessScope(initialize_variables=False):
        network = load_backbone(name, "none", 1024)
        model = chain(network, layers.GlobalAveragePooling2D(), layers.Dense(10), shape=(1024, 1024, 3))
    config = json.loads(text := json.dumps(keras.saving.serialize_keras_object(model)))
    assert len(text) < archive.LARGEST_JSON / 2
    assert list(config_faults(config)) == []
    assert list(size_faults(config, 4 * model.count_params() + len(text))) == []
