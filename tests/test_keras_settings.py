"""Settings of Keras that cannot be used end in one sentence, and only where Keras is needed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from keras.src.backend.config import keras_home

from tltool import keras_settings
from tltool.errors import SpecError
from tltool.keras_settings import read_settings, require_usable, settings_folder

ROOT = Path(__file__).parents[1]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    return tmp_path


def run(code: str, folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        env={**environment, "KERAS_HOME": str(folder), **variables},
    )


def test_the_folder_is_the_one_that_keras_takes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert settings_folder() == Path(keras_home())  # which Keras has asked for as it was loaded, with the variables of the tests
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", "~/keras")
    assert settings_folder() == tmp_path / "keras"
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert settings_folder() == Path("/tmp/.keras")


@pytest.mark.parametrize("content", [None, "", "{", "{}", '{"backend": "jax"}', '{"epsilon": 1e-6, "strange": 1}'])
def test_what_keras_can_use_is_usable(folder: Path, content: str | None) -> None:
    if content is not None:
        (folder / "keras.json").write_text(content)
    require_usable(read_settings())


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"backend": "torch"}, "backend must be tensorflow or jax. Received: 'torch', in .*keras.json. Set KERAS_BACKEND=tensorflow"),
        ({"backend": "theano", "image_dim_ordering": "th"}, "Received: 'theano'"),
        ({"backend": ["jax"]}, r"Received: \['jax'\]"),
        ({"floatx": "float16"}, "floatx must be float32"),
        ({"floatx": "float64"}, "floatx must be"),
        ({"floatx": "bfloat16"}, "floatx must"),
        ({"image_data_format": "channels_first"}, "image_data_format must be channels_last"),
        ({"epsilon": "x"}, "epsilon must be a number"),
        ({"nnx_enabled": True}, "nnx_enabled must be"),
        (["torch"], "must be a JSON object"),
    ],
)
def test_what_it_cannot_is_one_sentence(folder: Path, said: object, message: str) -> None:
    (folder / "keras.json").write_text(json.dumps(said))
    with pytest.raises(SpecError, match=message):
        require_usable(read_settings())


def test_a_file_that_cannot_be_read_is_one_sentence(folder: Path) -> None:
    (folder / "keras.json").mkdir()
    with pytest.raises(SpecError, match=r"must be a file that can be read\. Received: .* \(Is a directory\)"):
        read_settings()


def test_json_that_is_too_deep_is_one_sentence(folder: Path) -> None:
    (folder / "keras.json").write_text("[" * 200_000)
    with pytest.raises(SpecError, match="must be a file that can be read"):
        read_settings()


def test_the_variable_wins_over_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "keras.json").write_text('{"backend": "torch"}')
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    require_usable(read_settings())
    monkeypatch.setenv("KERAS_BACKEND", "mxnet")
    with pytest.raises(SpecError, match="Received: 'mxnet', in KERAS_BACKEND"):
        require_usable(read_settings())


@pytest.mark.parametrize("said", [{"backend": "theano"}, {"floatx": "bfloat16"}, []])
def test_a_command_that_needs_keras_ends_in_that_sentence(folder: Path, said: object) -> None:
    (folder / "keras.json").write_text(json.dumps(said))
    refused = run("from tltool.cli.main import tltool; tltool(['backbones', 'mobilenet_025', '--layers'])", folder)
    assert refused.returncode == 1 and refused.stderr.startswith("Error: Keras's setting") and refused.stderr.count("\n") == 1


def test_a_command_that_needs_none_runs(folder: Path) -> None:
    (folder / "keras.json").write_text('{"backend": "theano"}')
    assert run("from tltool.cli.main import tltool; tltool(['cache'])", folder, KERAS_BACKEND="torch").returncode == 0


def test_from_python_it_is_a_spec_error(folder: Path) -> None:
    (folder / "keras.json").write_text('{"backend": "theano"}')
    done = run(
        "from tltool import models\nfrom tltool.errors import SpecError\ntry:\n    models.use_device\nexcept SpecError as error:\n"
        "    print(error)",
        folder,
    )
    assert done.stdout.startswith("Keras's setting backend must be"), done.stderr


def test_other_errors_of_an_import_stay_what_they_are(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "keras.json").write_text('{"backend": "torch"}')
    monkeypatch.setitem(sys.modules, "keras", object())  # Keras is loaded, so its settings are not the reason
    with pytest.raises(ZeroDivisionError), keras_settings.explained():
        raise ZeroDivisionError
