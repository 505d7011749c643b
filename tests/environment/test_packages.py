"""Packages that lack or are too old are named, and so are settings of Keras that cannot be used."""

import json
from pathlib import Path

import pytest

from tltool.environment import look_at_keras, look_at_packages, packages


def test_what_is_installed_is_told() -> None:
    python, found = look_at_packages()
    assert python.facts["version"].startswith("3.") and found.state == "ok" and "keras 3." in found.found


def test_what_lacks_and_what_is_too_old_is_named_with_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {"keras": "3.2", "numpy": "2.1", "setuptools": "90"}
    monkeypatch.setattr(
        packages, "requires", lambda name: ["keras>=3.15.1", "numpy>=2.0", "pandas>=2.2", "setuptools<82", "onnx>=1.17; extra == 'onnx'"]
    )
    monkeypatch.setattr(packages, "_installed", installed.get)
    _, found = look_at_packages()
    assert found.facts["wrong"] == ["keras>=3.15.1 (3.2)", "pandas>=2.2 (not installed)", "setuptools<82 (90)"]
    assert found.state == "problem" and "pandas>=2.2 (not installed)" in found.found and "pip install" in found.advice


@pytest.mark.parametrize(
    ("said", "state"), [({}, "ok"), ({"backend": "jax"}, "ok"), ({"backend": "torch"}, "problem"), ({"floatx": "float16"}, "problem")]
)
def test_the_settings_of_keras_are_read_without_keras(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: dict[str, str], state: str
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    (tmp_path / "keras.json").write_text(json.dumps(said))
    assert look_at_keras().state == state
