"""What several tests need: real photos and weights, a cache of their own, and one small trained run."""

import ctypes
import gc
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import real_data

LEFT_BEHIND = 32 << 20  # bytes that a file of tests may take
CLASSES = ("dress", "hat", "pants", "shoes", "shorts", "t-shirt")

# Before Keras is imported anywhere: Keras writes into its home, and tltool into its cache.
_scratch = Path(tempfile.mkdtemp(prefix="tltool-tests-"))
os.environ["KERAS_HOME"] = str(_scratch / "keras_home")
os.environ["TLTOOL_CACHE"] = str(_scratch / "cache")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if (real_data.SHARED / "keras_home").is_dir():
    shutil.copytree(real_data.SHARED / "keras_home", _scratch / "keras_home", copy_function=shutil.copyfile)
    for folder in (_scratch / "keras_home", _scratch / "keras_home" / "models"):
        folder.chmod(0o755)


def pytest_unconfigure() -> None:
    shutil.rmtree(_scratch, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def one_worker() -> Iterator[None]:
    """The start of the worker is paid once for all tests."""
    from tltool.models.processes.worker import working

    with working():
        yield


@pytest.fixture(scope="module", autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """What Keras remembers of the models that a file of tests built goes with it, and the memory back to the system: with all files in
    one process it would add up to gigabytes. What stays, such as modules, is not gone through again: that took a quarter of the time."""
    before = resident()
    yield
    grown = resident() - before
    if "keras" in sys.modules and (grown > LEFT_BEHIND or not before):
        sys.modules["keras"].backend.clear_session()
        gc.collect()
        gc.freeze()
        if sys.platform == "linux":
            ctypes.CDLL(None).malloc_trim(0)


def resident() -> int:
    """The memory that this process has, in bytes; 0 where it is not told."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


@pytest.fixture(scope="session")
def clothing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos of clothes: train, validation and test above ten class folders. Real ones and real weights of ``mobilenet_025``, or, where
    these do not lie beside the checkout, drawn ones and weights to go with them."""
    if real_data.available("data/clothing"):
        real_data.require("keras_home")
        return real_data.require("data/clothing")
    folder = real_data.draw_clothing(tmp_path_factory.mktemp("drawn") / "clothing")
    real_data.make_weights(_scratch / "keras_home" / "models", sorted(folder.glob("train/*/00*.jpg")))
    return folder


@pytest.fixture(scope="session")
def photos(clothing: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 of those photos in six flat class folders."""
    folder = tmp_path_factory.mktemp("photos")
    for name in CLASSES:
        (folder / name).mkdir()
        for photo in sorted((clothing / "train" / name).iterdir())[:20]:
            shutil.copyfile(photo, folder / name / photo.name)
    return folder


@pytest.fixture(scope="session")
def run(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator["Run"]:  # noqa: F821
    """A small fine-tuned run on them."""
    from tltool import Backbone, Photos, Training, finetune

    out = tmp_path_factory.mktemp("runs") / "small"
    yield finetune(Photos(data=photos), Backbone(name="mobilenet_025"), training=Training(epochs=2), out=out)
