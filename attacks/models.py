"""Hostile ``.keras`` files in a run: every dangerous object in every place of its configuration, and tricks of its archive and weights."""

import base64
import copy
import io
import json
import marshal
import random
import shutil
import struct
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from attacks.arena import Case, Victim
from attacks.mutations import mutate
from attacks.scene import draw_photos, train

COUNT = 300  # of files damaged by chance
Config = dict[str, Any]


def attack(ground: Path, scale: float, seed: int) -> Iterator[Case]:
    photos = draw_photos(ground / "photos")
    run, photo = train(photos, ground / "run"), next(photos.glob("*/*.jpg"))
    whole = (run / "model.keras").read_bytes()
    made = list(hostile(whole, ground))
    chance = random.Random(seed)
    damaged = (("damaged", f"{number} {how}", changed) for number in range(int(COUNT * scale)) for how, changed in [mutate(chance, whole)])
    with Victim(ground, seconds=30) as victim:
        victim.call("attacks.victim:command", ["predict", str(run), str(photo)])  # Keras and TensorFlow are loaded from here on
        for kind, name, model in (*made[: int(len(made) * scale)], *damaged):
            (run / "model.keras").write_bytes(model)
            verdict = victim.call("attacks.victim:command", ["predict", str(run), str(photo)])
            if kind != "damaged" and verdict.outcome == "accepted":
                verdict = verdict._replace(outcome="opened", detail="a hostile file was loaded")
            if not verdict.survived:
                shutil.copy(run / "model.keras", ground / f"lost-{kind}-{name}".replace("/", "_")[:120])
            yield Case(kind, name, verdict)


def hostile(whole: bytes, ground: Path) -> Iterator[tuple[str, str, bytes]]:
    """Kind, name and bytes of every file that must be refused."""
    members = {name: zipfile.ZipFile(io.BytesIO(whole)).read(name) for name in ("config.json", "metadata.json", "model.weights.h5")}
    config = json.loads(members["config.json"])
    for place, put in PLACES.items():
        for name, thing in objects(ground).items():
            yield place, name, packed(members | {"config.json": json.dumps(put(copy.deepcopy(config), thing)).encode()})
    for name, change in TEXTS.items():
        yield "configuration", name, packed(members | {"config.json": change(members["config.json"].decode()).encode()})
    for name, pack in ARCHIVES.items():
        yield "archive", name, pack(members)
    for name, weights in WEIGHTS.items():
        yield "weights", name, packed(members | {"model.weights.h5": weights(members["model.weights.h5"])})


def thing(module: str, kind: str, config: Config) -> Config:
    """What Keras is asked to make of ``kind`` in ``module``."""
    return {"module": module, "class_name": kind, "config": config, "registered_name": None}


FUNCTION: Config = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}


def objects(ground: Path) -> dict[str, Any]:
    """What a configuration may ask Keras to make, and must not get."""
    return {**codes(str(ground / "CANARY")), **WRAPPERS, **readers(ground), **SWITCHES, **NAMES}


def codes(canary: str) -> dict[str, Config]:
    """Code, which would write ``canary``."""
    code = base64.b64encode(marshal.dumps((lambda x: Path(canary).touch() or x).__code__)).decode()
    of_code = {"function": {"class_name": "__lambda__", "config": {"code": code, "defaults": None, "closure": None}}}
    return {
        "Lambda of code": thing("keras.layers", "Lambda", of_code),
        "a wrapped Lambda": thing("keras.layers", "TimeDistributed", {"layer": thing("keras.layers", "Lambda", of_code)}),
        "exec": thing("builtins", "exec", {"source": f"open({canary!r}, 'w')"}),
        "eval": thing("builtins", "eval", {"expression": "1"}),
        "Popen": thing("subprocess", "Popen", {"args": ["touch", canary]}),
        "system": thing("os", "system", {"command": f"touch {canary}"}),
    }


WRAPPERS = {  # layers around what somebody else made
    "Lambda of a named function": thing("keras.layers", "Lambda", {"function": FUNCTION}),
    "Lambda from its own module": thing("keras.src.layers.core.lambda_layer", "Lambda", {"function": FUNCTION}),
    "TorchModuleWrapper": thing("keras.layers", "TorchModuleWrapper", {"module": "gASVAA=="}),
    "JaxLayer": thing("keras.layers", "JaxLayer", {"call_fn": FUNCTION}),
    "FlaxLayer": thing("keras.layers", "FlaxLayer", {"module": FUNCTION}),
}


def readers(ground: Path) -> dict[str, Config]:
    """What reads files and addresses."""
    return {
        "get_file": thing("keras.utils", "get_file", {"fname": "x", "origin": "file:///etc/passwd"}),
        "private get_file": thing("keras.src.utils.file_utils", "get_file", {"origin": "http://127.0.0.1:9/"}),
        "TFSMLayer": thing("keras.layers", "TFSMLayer", {"filepath": str(ground), "call_endpoint": "serve"}),
        "StringLookup of a file": thing("keras.layers", "StringLookup", {"vocabulary": "/etc/passwd"}),
        "IntegerLookup of a file": thing("keras.layers", "IntegerLookup", {"vocabulary": "/etc/passwd"}),
        "TextVectorization of an address": thing("keras.layers", "TextVectorization", {"vocabulary": "http://127.0.0.1:9/v"}),
        "load_model": thing("keras.saving", "load_model", {"filepath": "/x.keras", "safe_mode": False}),
        "an unknown hub module": thing("tltool.models.hub.layer", "HubModule", {"handle": "/etc", "feature_shape": [3]}),
    }


SWITCHES = {
    "deserialize": thing("keras.src.saving.serialization_lib", "deserialize_keras_object", {"config": FUNCTION}),
    "enable unsafe": thing("keras.config", "enable_unsafe_deserialization", {}),
    "a recipe of tltool": thing("tltool.recipes.finetune", "finetune", {}),
}
NAMES: dict[str, Config] = {  # of other forms than a thing
    "a registered name": {"module": None, "class_name": "Lambda", "config": {}, "registered_name": "keras>Lambda"},
    "a type": {"class_name": "__typespec__", "spec_name": "TensorSpec", "module": "tensorflow", "config": [[1], "float32"]},
    "an object array": {"class_name": "__numpy__", "config": {"value": [1], "dtype": "O"}},
    "a list for a class": {"module": "keras.layers", "class_name": ["Lambda"], "config": {}},
    "a function": FUNCTION,
}


def first_layer(config: Config) -> Config:
    return next(layer for layer in config["config"]["layers"] if layer["class_name"] != "InputLayer")


def as_layer(config: Config, thing: Any) -> Config:
    """``thing`` in place of the first layer, with its name and its inputs."""
    old = first_layer(config)
    config["config"]["layers"][config["config"]["layers"].index(old)] = {
        **thing,
        "name": old["name"],
        "inbound_nodes": old.get("inbound_nodes", []),
        "build_config": {"input_shape": [None, 48, 48, 3]},
    }
    return config


def as_setting(config: Config, thing: Any, setting: str) -> Config:
    first_layer(config)["config"][setting] = thing
    return config


def as_model(config: Config, thing: Any) -> Config:
    return {**config, **thing}


def beside(config: Config, thing: Any, key: str) -> Config:
    first_layer(config)[key] = thing
    return config


PLACES: dict[str, Callable[[Config, Any], Config]] = {
    "layer": as_layer,
    "model": as_model,
    **{setting: partial(as_setting, setting=setting) for setting in ("activation", "kernel_initializer", "kernel_regularizer", "dtype")},
    **{key: partial(beside, key=key) for key in ("compile_config", "build_config")},
}
TEXTS: dict[str, Callable[[str], str]] = {
    "100,000 lists": lambda text: text[:-1] + ', "x": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "50,000 objects": lambda text: text[:-1] + ', "x": ' + '{"a":' * 50_000 + "1" + "}" * 50_000 + "}",
    "900 lists": lambda text: text[:-1] + ', "x": ' + "[" * 900 + "]" * 900 + "}",
    "not a number": lambda text: text[:-1] + ', "x": NaN}',
    "200 MB of text": lambda text: text[:-1] + ', "x": "' + "a" * (200 << 20) + '"}',
    "seven million numbers": lambda text: text[:-1] + ', "x": [' + "1," * (7 << 20) + "1]}",
    "a billion filters": lambda text: text.replace('"filters": 8', '"filters": 1000000000'),
    "10^400 filters": lambda text: text.replace('"filters": 8', '"filters": 1' + "0" * 400),
    "no filters": lambda text: text.replace('"filters": 8', '"filters": -8'),
    "a million pixels square": lambda text: text.replace("48, 48", "1000000, 1000000"),
    "cut short": lambda text: text[: len(text) // 2],
    "nothing": lambda text: "",
    "a list": lambda text: "[]",
    "a number": lambda text: "1",
    "a name that leads out": lambda text: text.replace('"name": "logits"', '"name": "../../CANARY"'),
    "no layers": lambda text: json.dumps(
        {**json.loads(text), "config": {"name": "m", "layers": [], "input_layers": [], "output_layers": []}}
    ),
}


def packed(members: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def linked(members: dict[str, bytes]) -> bytes:
    """The weights as a symbolic link to a file of the user's."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("config.json", "metadata.json"):
            archive.writestr(name, members[name])
        link = zipfile.ZipInfo("model.weights.h5")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return file.getvalue()


def claiming(members: dict[str, bytes], size: int) -> bytes:
    """A central directory that claims a ``size`` for the first member."""
    whole = bytearray(packed(members))
    entry = whole.index(b"PK\x01\x02")
    whole[entry + 24 : entry + 28] = struct.pack("<I", size)
    return bytes(whole)


ARCHIVES: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "nothing": lambda members: b"",
    "no archive": lambda members: b"PK\3\4 not an archive",
    "a pickle": lambda members: b"\x80\x04cos\nsystem\n.",
    "HDF5 by another name": lambda members: members["model.weights.h5"],
    "a link": linked,
    "a foreign member": lambda members: packed(members | {"assets/x.py": b"1"}),
    "a member that leads out": lambda members: packed(members | {"../CANARY": b"x"}),
    "an absolute member": lambda members: packed(members | {"/tmp/CANARY": b"x"}),
    "a member in other letters": lambda members: packed(members | {"CONFIG.JSON": b"{}"}),
    "no configuration": lambda members: packed({name: members[name] for name in members if name != "config.json"}),
    "no weights": lambda members: packed({name: members[name] for name in members if name != "model.weights.h5"}),
    "configuration of 1 GB, deflated": lambda members: packed(members | {"config.json": b" " * (1 << 30)}, zipfile.ZIP_DEFLATED),
    "weights of 2 GB, deflated": lambda members: packed(members | {"model.weights.h5": bytes(1 << 31)}, zipfile.ZIP_DEFLATED),
    "claims 4 GB": lambda members: claiming(members, 2**32 - 2),
    "claims nothing": lambda members: claiming(members, 0),
    "100,000 members": lambda members: packed(members | {f"assets/{number}": b"" for number in range(100_000)}),
    "bzip2": lambda members: packed(members, zipfile.ZIP_BZIP2),
    "lzma": lambda members: packed(members, zipfile.ZIP_LZMA),
}


def rewritten(weights: bytes, change: Callable[[h5py.File], None]) -> bytes:
    file = io.BytesIO(weights)
    with h5py.File(file, "r+") as opened:
        change(opened)
    return file.getvalue()


def first_array(file: h5py.File) -> str:
    found: list[str] = []
    file.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) and item.ndim else None)
    return found[0]


def replaced(make: Callable[[h5py.File, str], Any]) -> Callable[[bytes], bytes]:
    """The first array of the weights given way to what ``make`` puts under its name."""

    def change(file: h5py.File) -> None:
        name = first_array(file)
        del file[name]
        make(file, name)

    return partial(rewritten, change=change)


def put(file: h5py.File, name: str, thing: Any) -> None:
    file[name] = thing


WEIGHTS: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda weights: b"",
    "cut short": lambda weights: weights[: len(weights) // 2],
    "a pickle": lambda weights: b"\x80\x04cos\nsystem\n.",
    "a link to another file": replaced(lambda file, name: put(file, name, h5py.ExternalLink("/etc/passwd", "/x"))),
    "a link to nothing": replaced(lambda file, name: put(file, name, h5py.SoftLink("/nowhere"))),
    "a link to itself": replaced(lambda file, name: put(file, name, h5py.SoftLink(f"/{name}"))),
    "bytes of another file": replaced(lambda file, name: file.create_dataset(name, (16,), "u1", external=[("/etc/passwd", 0, 16)])),
    "a virtual array": replaced(lambda file, name: file.create_virtual_dataset(name, h5py.VirtualLayout((16,), "f4"), fillvalue=1)),
    "a terabyte unwritten": replaced(lambda file, name: file.create_dataset(name, (1 << 38,), "f4", chunks=(1 << 16,))),
    "objects": replaced(lambda file, name: file.create_dataset(name, data=np.array([b"x"] * 4, object), dtype=h5py.string_dtype())),
    "text": replaced(lambda file, name: file.create_dataset(name, data=np.array([b"x"] * 4))),
    "another shape": replaced(lambda file, name: file.create_dataset(name, data=np.zeros((1, 2, 3), "f4"))),
    "a group": replaced(lambda file, name: file.create_group(name)),
    "not numbers": replaced(lambda file, name: file.create_dataset(name, data=np.full((3, 3, 3, 8), np.nan, "f4"))),
}
