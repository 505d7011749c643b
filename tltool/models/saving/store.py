"""A model on disk: one ``.keras`` file, written whole or not at all, and checked before Keras may read it."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import keras

from tltool.atomic import draft
from tltool.errors import RunError, WeightsError
from tltool.models.loaded_keras import require_settings
from tltool.models.saving.allowlist import HUB_LAYER
from tltool.models.saving.archive import check_archive, read_config
from tltool.models.saving.config_guard import holds_hub
from tltool.models.saving.size_guard import size_faults


def load_model(path: Path) -> keras.Model:
    """The model in a ``.keras`` file, not compiled.

    Raises:
        RunError: no such file, not a ``.keras`` file, damaged, holding anything but Keras's own layers and hub modules, or describing more
            than it stores.
        SpecError: Keras computes in another way than models here are made for.
    """
    require_settings()
    path = Path(path)
    check_archive(path)
    config = read_config(path)
    if holds_hub(config):
        import_module(HUB_LAYER)  # puts the layer into Keras's registry
    try:
        _refuse_huge(config, path)
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except RunError:
        raise
    except WeightsError as error:  # of a hub module in it
        raise RunError(f"{error} It is in {path}.") from error
    except Exception as error:  # what a damaged file raises depends on where it is damaged
        reason = " ".join(str(error).split())[:300]
        raise RunError(
            f"A model file must fit this version of Keras ({keras.__version__}) and be whole. Received: {path} ({reason}). Make it again."
        ) from error


def _refuse_huge(config: dict[str, Any], path: Path) -> None:
    if fault := next(size_faults(config, path.stat().st_size), None):
        raise RunError(
            "A model file must describe no more than it stores, and no more than a photo needs. "
            f"Received: {path} with {fault}. Use a model that tltool saved."
        )


def save_model(model: keras.Model, path: Path) -> None:
    """Write ``model`` without optimizer, loss and metrics to ``path``, a ``.keras`` file, replacing what was there.

    The file appears under its name only when it is complete and passes the check that ``load_model`` makes.

    Raises:
        RunError: it cannot be written, or the model holds something that ``load_model`` would refuse.
    """
    path = Path(path)
    with draft(path, RunError, ".keras") as beside:
        keras.saving.save_model(_uncompiled(model), beside)
        try:
            check_archive(beside)
        except RunError as error:  # which knows the file by its temporary name
            raise RunError(str(error).replace(beside.name, path.name)) from error
        with beside.open("rb+") as file:
            os.fsync(file.fileno())


def _uncompiled(model: keras.Model) -> keras.Model:
    """The same layers and weights as a model that was never compiled; Keras saves the optimizer of one that was."""
    return keras.Model(model.input, model.output, name=model.name) if model.compiled else model
