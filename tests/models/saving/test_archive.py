"""Hostile and damaged model files, made here one by one: each must be refused before Keras is asked to load it."""

import json
import os
import pickle
import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras.src import api_export
from keras.src.saving import serialization_lib

from tltool.errors import RunError
from tltool.models.saving import archive as guard
from tltool.models.saving.allowlist import ACTIVATIONS, LAYERS, OPERATIONS, REFUSED_LAYERS
from tltool.models.saving.archive import check_archive
from tltool.models.saving.store import load_model

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
Members = dict[str, bytes]


@pytest.fixture(autouse=True)
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A file that payloads would write; Keras's loaders must not even be called."""

    def never(*_: Any, **__: Any) -> None:
        pytest.fail("Keras was asked to load a hostile file")

    monkeypatch.setattr(keras.saving, "load_model", never)
    monkeypatch.setattr(serialization_lib, "deserialize_keras_object", never)
    yield tmp_path / "canary"
    assert not (tmp_path / "canary").exists()


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Members:
    """The files inside an honest little model."""
    path = tmp_path_factory.mktemp("honest") / "model.keras"
    photo = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(2, 3, activation="relu", name="conv")(photo)
    keras.Model(photo, keras.layers.Dense(2, name="logits")(keras.layers.Flatten()(x))).save(path)
    with zipfile.ZipFile(path) as honest:
        return {name: honest.read(name) for name in honest.namelist()}


def pack(path: Path, members: Members, **options: Any) -> Path:
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def refuse(path: Path, words: str) -> None:
    with pytest.raises(RunError, match=words) as caught:
        load_model(path)
    assert "\n" not in str(caught.value) and "Received: " in str(caught.value)


def with_config(members: Members, change: Callable[[dict[str, Any]], Any]) -> Members:
    config = json.loads(members[CONFIG])
    changed = change(config)
    return {**members, CONFIG: json.dumps(config if changed is None else changed).encode()}


def layer(config: dict[str, Any], name: str = "conv") -> dict[str, Any]:
    return next(entry for entry in config["config"]["layers"] if entry["config"]["name"] == name)


def with_layer(members: Members, **fields: Any) -> Members:
    """The honest model, one layer of which has other fields."""
    return with_config(members, lambda config: layer(config).update(fields))


def with_option(members: Members, **options: Any) -> Members:
    """The honest model, one layer of which has other options."""
    return with_config(members, lambda config: layer(config)["config"].update(options))


def function(module: str, name: str) -> dict[str, Any]:
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def test_an_honest_model_passes(members: Members, tmp_path: Path) -> None:
    check_archive(pack(tmp_path / "model.keras", members))


def test_the_check_needs_neither_keras_nor_tensorflow(members: Members, tmp_path: Path) -> None:
    path = pack(tmp_path / "model.keras", members)
    code = (
        "import sys; from pathlib import Path; from tltool.models.saving import archive; archive.check_archive(Path(sys.argv[1])); "
        "assert not {'keras', 'tensorflow', 'jax'} & set(sys.modules)"
    )
    root = Path(guard.__file__).parents[2]
    subprocess.run([sys.executable, "-c", code, path], check=True, env={**os.environ, "PYTHONPATH": str(root)})


# Objects that run code, or reach files


@pytest.mark.parametrize("name", ["Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "StringLookup"])
def test_a_layer_that_runs_foreign_code_or_reads_files_is_refused(name: str, members: Members, tmp_path: Path) -> None:
    hostile = with_layer(members, class_name=name)
    refuse(pack(tmp_path / "model.keras", hostile), f"keras.layers.{name}, which {REFUSED_LAYERS[name]}")


def test_a_lambda_layer_is_refused(tmp_path: Path, canary: Path) -> None:
    target = str(canary)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: [open(target, "w"), x][1])])  # noqa: SIM115
    canary.unlink(missing_ok=True)  # building the model ran the payload once
    model.save(tmp_path / "model.keras")
    refuse(tmp_path / "model.keras", "keras.layers.Lambda")


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("posix", "system"),
        ("subprocess", "run"),
        ("builtins", "exec"),
        ("builtins", "relu"),
        ("keras.config", "enable_unsafe_deserialization"),
        ("keras.models", "load_model"),
        ("keras.utils", "get_file"),
        ("keras.src.utils.python_utils", "func_load"),
        ("keras.layers", "deserialize"),
        ("keras.ops", "map"),
    ],
)
def test_a_named_function_is_refused_wherever_it_stands(module: str, name: str, members: Members, tmp_path: Path) -> None:
    found = function(module, name)
    named_lambda = {"name": "conv", "function": found, "arguments": {"command": "touch canary"}}
    for hostile in (
        with_layer(members, class_name="Lambda", config=named_lambda),
        with_option(members, activation=found),
        with_option(members, anything=[[found]]),
        with_layer(members, inbound_nodes=[{"args": [found], "kwargs": {}}]),
        with_layer(members, build_config={"input_shape": found}),
    ):
        refuse(pack(tmp_path / "model.keras", hostile), "Received: .* with")


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("keras.src.layers.core.lambda_layer", "Lambda"),
        ("keras.src.utils.file_utils", "File"),
        ("keras.src.legacy.saving.legacy_h5_format", "load_model_from_hdf5"),
        ("keras", "Model"),
        ("keras.layers", "Input"),
        ("keras.src.ops.core", "Map"),
        ("keras.src.ops.core", "WhileLoop"),
        ("keras_hub.models", "Backbone"),
        ("tensorflow", "Module"),
        ("keras.optimizers", "Adam"),
        ("keras.layers", "function"),
        ("", "Conv2D"),
        (None, "Conv2D"),
        ("keras.layers", None),
        (["keras"], {}),
    ],
)
def test_a_class_that_is_not_listed_is_refused(module: Any, name: Any, members: Members, tmp_path: Path) -> None:
    refuse(pack(tmp_path / "model.keras", with_layer(members, module=module, class_name=name)), "with .*which")


def test_a_pickled_lambda_is_refused(members: Members, tmp_path: Path) -> None:
    hostile = {"class_name": "__lambda__", "config": {"value": {"code": "4wEAAAA=", "defaults": None, "closure": None}}}
    refuse(pack(tmp_path / "model.keras", with_option(members, activation=hostile)), "__lambda__")


def test_a_type_specification_is_refused(members: Members, tmp_path: Path) -> None:
    hostile = {"class_name": "__typespec__", "spec_name": "system", "module": "os", "config": ["ls"], "registered_name": None}
    refuse(pack(tmp_path / "model.keras", with_option(members, anything=hostile)), "__typespec__")


def test_a_registered_name_other_than_the_class_is_refused(members: Members, tmp_path: Path) -> None:
    for name in ("Lambda", "tltool>HubModule", "custom>Evil", ["Conv2D"]):
        refuse(pack(tmp_path / "model.keras", with_layer(members, registered_name=name)), "registered|under the name")
    refuse(pack(tmp_path / "model.keras", with_option(members, anything=["tltool>HubModule"])), "registered object")


def test_an_object_in_the_notation_of_keras_2_is_refused(members: Members, tmp_path: Path) -> None:
    def drop_module(config: dict[str, Any]) -> None:
        layer(config).pop("module")

    refuse(pack(tmp_path / "model.keras", with_config(members, drop_module)), "no Keras layer")
    refuse(pack(tmp_path / "model.keras", with_layer(members, inbound_nodes=[[["photo", 0, 0, {}]]])), "Keras 2")


def test_an_unknown_activation_is_refused(members: Members, tmp_path: Path) -> None:
    refuse(pack(tmp_path / "model.keras", with_option(members, activation="deserialize")), "activation 'deserialize'")


def test_compile_state_is_refused(members: Members, tmp_path: Path) -> None:
    refuse(pack(tmp_path / "model.keras", with_layer(members, compile_config={"loss": "mse"})), "optimizer")


def test_odd_values_and_keys_are_refused(members: Members, tmp_path: Path) -> None:
    array = {"class_name": "__numpy__", "config": {"value": ["x"], "dtype": "S1000000000"}}
    refuse(pack(tmp_path / "model.keras", with_option(members, anything=array)), "__numpy__ of type")
    refuse(pack(tmp_path / "model.keras", with_option(members, anything={"class_name": "__slice__", "config": {}})), "unusual")
    refuse(pack(tmp_path / "model.keras", with_layer(members, spec_name="x")), "spec_name")


@pytest.mark.parametrize("config", [[], 7, {}, {"class_name": "Functional"}, {"module": [], "class_name": {}}])
def test_a_config_that_is_no_model_is_refused(config: Any, members: Members, tmp_path: Path) -> None:
    refuse(pack(tmp_path / "model.keras", with_config(members, lambda _: config)), "Received: ")


def test_a_layer_alone_is_no_model(members: Members, tmp_path: Path) -> None:
    refuse(pack(tmp_path / "model.keras", with_config(members, layer)), "no Functional or Sequential")


@pytest.mark.parametrize("module", ["tltool.models.hub.layer", "tltool.models.hub"])  # the second in files of version 0.1.0
def test_a_hub_layer_and_its_files_come_together(module: str, members: Members, tmp_path: Path) -> None:
    hub = with_layer(members, module=module, class_name="HubModule", registered_name="tltool>HubModule")
    asset = {"assets/layers/hub_module/saved_model.pb": b"graph"}
    check_archive(pack(tmp_path / "model.keras", {**hub, **asset}))
    refuse(pack(tmp_path / "model.keras", hub), "without its files")
    refuse(pack(tmp_path / "model.keras", {**members, **asset}), "no hub layer")
    for name in ("assets/../x", "assets//x", "assets/.x", "assets/a\\b", "assets/", "assetsx"):
        refuse(pack(tmp_path / "model.keras", {**hub, name: b""}), "member")


@pytest.mark.parametrize(
    "names",
    [
        ("tltool.models.hub", "HubModule", "tltool>Other"),
        ("tltool.models.hub", "Other", "tltool>HubModule"),
        ("tltool.models", "HubModule", "tltool>HubModule"),
        ("tltool.models.hub", ["HubModule"], "tltool>HubModule"),
    ],
)
def test_what_is_only_called_like_a_hub_layer_is_refused(names: tuple[Any, ...], members: Members, tmp_path: Path) -> None:
    module, name, registered = names
    hub = with_layer(members, module=module, class_name=name, registered_name=registered)
    refuse(pack(tmp_path / "model.keras", {**hub, "assets/layers/hub_module/saved_model.pb": b"graph"}), "Received: ")


# The zip archive


@pytest.mark.parametrize("name", ["extra.txt", "../canary", "/tmp/canary", "assets/../../canary", "config.json/x", "CONFIG.JSON"])
def test_another_member_is_refused(name: str, members: Members, tmp_path: Path) -> None:
    refuse(pack(tmp_path / "model.keras", {**members, name: b"payload"}), "member")


@pytest.mark.parametrize("name", [CONFIG, "metadata.json", WEIGHTS])
def test_a_missing_or_doubled_member_is_refused(name: str, members: Members, tmp_path: Path) -> None:
    path = pack(tmp_path / "model.keras", {key: value for key, value in members.items() if key != name})
    refuse(path, f"0 members '{name}'")
    pack(path, members)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(name, members[name])
    refuse(path, f"2 members '{name}'")


def test_a_link_as_member_is_refused(members: Members, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFLNK | 0o777) << 16 if name == WEIGHTS else 0
            archive.writestr(info, b"/etc/passwd" if name == WEIGHTS else content)
    refuse(path, "which is a link")


def test_a_zip_bomb_is_refused_unread(members: Members, tmp_path: Path) -> None:
    for name in (CONFIG, WEIGHTS):
        path = pack(tmp_path / "model.keras", {**members, name: bytes(50_000_000)}, compression=zipfile.ZIP_DEFLATED)
        assert path.stat().st_size < 200_000
        refuse(path, "compressed")


def test_a_compressed_member_is_refused_even_if_it_saves_nothing(members: Members, tmp_path: Path) -> None:
    def deflated(content: bytes) -> int:
        packer = zlib.compressobj(wbits=-15)
        return len(packer.compress(content) + packer.flush())

    random = np.random.default_rng(0).bytes(50)
    content = next(text for n in range(100) if deflated(text := random + b"a" * n) == len(text))
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        for name in members:
            archive.writestr(
                name,
                content if name == "metadata.json" else members[name],
                zipfile.ZIP_DEFLATED if name == "metadata.json" else zipfile.ZIP_STORED,
            )
    refuse(path, "'metadata.json' compressed")


def test_sizes_beyond_the_limits_are_refused(members: Members, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack(tmp_path / "model.keras", members)
    monkeypatch.setattr(guard, "LARGEST_FILE", path.stat().st_size // 2)
    refuse(path, "bytes of data, more than")
    monkeypatch.setattr(guard, "LARGEST_JSON", 100)
    refuse(path, "bytes of config.json, more than 100")


def test_a_size_that_is_claimed_but_not_there_is_refused(members: Members, tmp_path: Path) -> None:
    path = pack(tmp_path / "model.keras", members)
    data = bytearray(path.read_bytes())
    for place in [i for i in range(len(data)) if data[i : i + 4] == b"PK\x01\x02"]:
        struct.pack_into("<I", data, place + 24, 3_000_000_000)  # uncompressed size in the directory
    path.write_bytes(data)
    refuse(path, "compressed")


# The weights


def with_weights(members: Members, write: Callable[[h5py.File], Any]) -> Members:
    buffer = BytesIO(members[WEIGHTS])
    with h5py.File(buffer, "r+") as weights:
        write(weights)
    return {**members, WEIGHTS: buffer.getvalue()}


@pytest.mark.parametrize("link", [h5py.ExternalLink("/etc/passwd", "/"), h5py.SoftLink("/layers")])
def test_a_link_in_the_weights_is_refused(link: Any, members: Members, tmp_path: Path) -> None:
    for place in ("extra", "layers/extra", "layers/conv2d/vars/9"):
        hostile = with_weights(members, lambda weights, place=place: weights.__setitem__(place, link))
        refuse(pack(tmp_path / "model.keras", hostile), "link elsewhere")


def test_weights_kept_in_another_file_are_refused(members: Members, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(range(40)))
    outside = [(tmp_path / "secret", 0, 40)]
    hostile = with_weights(members, lambda weights: weights.create_dataset("x", (10,), "f4", external=outside))
    refuse(pack(tmp_path / "model.keras", hostile), "other files")


def test_a_virtual_array_is_refused(members: Members, tmp_path: Path) -> None:
    def write(weights: h5py.File) -> None:
        layout = h5py.VirtualLayout((10,), "f4")
        layout[:] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "x", (10,))
        weights.create_virtual_dataset("x", layout)

    refuse(pack(tmp_path / "model.keras", with_weights(members, write)), "other files")


@pytest.mark.parametrize("options", [{"chunks": (2,)}, {"chunks": (2,), "compression": "gzip"}, {"maxshape": (None,)}])
def test_an_array_that_is_not_stored_in_one_piece_is_refused(options: dict[str, Any], members: Members, tmp_path: Path) -> None:
    hostile = with_weights(members, lambda weights: weights.create_dataset("x", data=np.zeros(4, "f4"), **options))
    refuse(pack(tmp_path / "model.keras", hostile), "compressed")


@pytest.mark.parametrize("options", [{"chunks": (1000,), "compression": "gzip"}, {"chunks": (1000,)}, {}])
def test_an_array_larger_than_its_bytes_is_refused(options: dict[str, Any], members: Members, tmp_path: Path) -> None:
    hostile = with_weights(members, lambda weights: weights.create_dataset("x", (10**12,), "f4", **options))
    refuse(pack(tmp_path / "model.keras", hostile), "compressed|claim more")


def test_one_array_under_many_names_cannot_multiply(members: Members, tmp_path: Path) -> None:
    def write(weights: h5py.File) -> None:
        weights["x0"] = np.zeros(10_000, "f4")
        for number in range(1, 50):
            weights[f"x{number}"] = weights["x0"]

    refuse(pack(tmp_path / "model.keras", with_weights(members, write)), "claim more")


def test_a_group_inside_itself_is_refused(members: Members, tmp_path: Path) -> None:
    hostile = with_weights(members, lambda weights: weights["layers"].__setitem__("again", weights["layers"]))
    refuse(pack(tmp_path / "model.keras", hostile), "twice")


@pytest.mark.parametrize("value", ["text", h5py.Empty("f4"), np.zeros(2, [("a", "f4"), ("b", "f4")]), np.dtype("f4")])
def test_weights_that_are_no_numbers_are_refused(value: Any, members: Members, tmp_path: Path) -> None:
    refuse(pack(tmp_path / "model.keras", with_weights(members, lambda weights: weights.__setitem__("x", value))), "no numbers")


def test_the_check_reads_headers_and_not_the_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    monkeypatch.setattr(h5py.Dataset, "__getitem__", lambda *_: read.append(1))
    monkeypatch.setattr(h5py.Dataset, "__array__", lambda *_: read.append(1))
    path = tmp_path / "weights.h5"
    with h5py.File(path, "w") as weights:
        weights["x"] = np.zeros((1000, 1000), "f4")
    with path.open("rb") as file:
        part = guard.Part(file, 0, path.stat().st_size)
        plain, sizes = guard.Part.readinto, []
        monkeypatch.setattr(guard.Part, "readinto", lambda self, buffer: sizes.append(len(buffer)) or plain(self, buffer))
        assert list(guard.weight_faults(part)) == []
    assert not read and sum(sizes) < 20_000


# Other files


def test_files_of_another_kind_are_refused_by_their_content(members: Members, tmp_path: Path) -> None:
    class Payload:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.system, (f"touch {tmp_path}/canary",)

    kinds = {"empty": b"", "HDF5": members[WEIGHTS], "pickle": pickle.dumps(Payload()), "another kind": b"<html>"}
    for words, content in kinds.items():
        for name in ("model.keras", "model.h5"):
            (tmp_path / name).write_bytes(content)
            refuse(tmp_path / name, words)
    refuse(pack(tmp_path / "model.zip", members), "another name")
    refuse(tmp_path / "missing.keras", "does not exist")


def test_a_saved_model_folder_is_refused_with_a_hint(tmp_path: Path) -> None:
    folder = tmp_path / "model.keras"
    folder.mkdir()
    refuse(folder, "a folder")
    (folder / "config.json").write_text("{}")  # which Keras would load as an unzipped model
    refuse(folder, "a folder")
    (folder / "saved_model.pb").write_bytes(b"")
    refuse(folder, "hub:FOLDER")


def test_a_damaged_file_is_refused_wherever_it_is_cut_or_changed(members: Members, tmp_path: Path) -> None:
    path = pack(tmp_path / "model.keras", members)
    whole = path.read_bytes()
    for size in range(4, len(whole), len(whole) // 23):
        path.write_bytes(whole[:size])
        refuse(path, "damaged|another kind")
    for place in range(4, len(whole) - 1000, len(whole) // 61):
        changed = bytearray(whole)
        changed[place] ^= 0xFF
        path.write_bytes(changed)
        try:
            check_archive(path)
        except RunError:
            continue
        with zipfile.ZipFile(path) as archive:  # dates and the like may change; contents may not
            assert {name: archive.read(name) for name in archive.namelist()} == members


def test_a_config_nested_without_end_is_refused(members: Members, tmp_path: Path) -> None:
    refuse(pack(tmp_path / "model.keras", {**members, CONFIG: b"[" * 200_000 + b"]" * 200_000}), "damaged")


# The list


def test_every_layer_of_keras_is_either_allowed_or_refused() -> None:
    public = {name: getattr(keras.layers, name) for name in dir(keras.layers) if not name.startswith("_")}
    firsts = {name for name, found in public.items() if api_export.get_name_from_symbol(found) in (f"keras.layers.{name}", None)}
    assert firsts <= LAYERS | REFUSED_LAYERS.keys() <= public.keys()
    assert not LAYERS & REFUSED_LAYERS.keys()


def test_every_listed_operation_and_activation_exists_in_keras() -> None:
    for module, names in OPERATIONS.items():
        found = sys.modules[f"keras.src.ops.{module}"]
        assert [name for name in names.split() if not issubclass(getattr(found, name), keras.Operation)] == []
    assert [name for name in ACTIVATIONS if not callable(keras.activations.get(name))] == []
