"""Weights that are here already are found without Keras, and a file that was cut off is named."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from tltool.models import kept_weights
from tltool.models.kept_weights import look_at_weights


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "hub"))
    monkeypatch.setattr(kept_weights, "backbones_here", list)
    (tmp_path / "keras" / "models").mkdir(parents=True)
    return tmp_path / "keras" / "models"


def write(path: Path, **how: object) -> bytes:
    with h5py.File(path, "w", **how) as file:
        file["kernel"] = np.zeros(1000)
    return path.read_bytes()


def test_where_there_are_none_none_are_found(models: Path) -> None:
    assert look_at_weights().found.startswith("none yet") and look_at_weights().state == "ok"
    models.rmdir()
    assert look_at_weights().state == "ok"


@pytest.mark.parametrize("how", [{}, {"libver": "latest"}])
def test_whole_files_are_listed_and_cut_ones_are_named(models: Path, how: dict[str, object]) -> None:
    whole = write(models / "whole.h5", **how)
    assert look_at_weights().state == "ok" and "1 file, " in look_at_weights().found and "whole.h5" in look_at_weights().found
    (models / "cut.h5").write_bytes(whole[:-10])
    (models / "page.h5").write_bytes(b"<html>" * 20)
    found = look_at_weights()
    assert found.state == "warning" and found.found.endswith("damaged: cut.h5, page.h5") and "cut.h5" in found.advice


def test_hub_modules_are_counted(models: Path, tmp_path: Path) -> None:
    (tmp_path / "hub" / "abc").mkdir(parents=True)
    (tmp_path / "hub" / "abc" / "saved_model.pb").touch()
    assert look_at_weights().found == "1 hub module"


def test_weights_that_packages_have_are_named(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_weights, "backbones_here", lambda: ["efficientnet_lite0"])
    assert look_at_weights().found == "efficientnet_lite0 as a package"
    monkeypatch.setattr(kept_weights, "backbones_here", lambda: ["efficientnet_lite0", "efficientnet_lite2"])
    write(models / "whole.h5")
    assert look_at_weights().found.endswith("(whole.h5), efficientnet_lite0, efficientnet_lite2 as packages")
    assert look_at_weights().facts["packaged"] == ["efficientnet_lite0", "efficientnet_lite2"]
