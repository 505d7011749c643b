"""What Keras will be told when it is loaded, by ``KERAS_BACKEND`` and ``keras.json``, and what of it tltool cannot work with.

Keras reads both while it is imported, and what it cannot use ends there, in an error of its own. So the file is read here a second time,
without Keras.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tltool.errors import SpecError, TltoolError
from tltool.home import expand
from tltool.reading import read_bytes
from tltool.wording import shown

DEFAULTS = {"backend": "tensorflow", "floatx": "float32", "image_data_format": "channels_last", "epsilon": 1e-7, "nnx_enabled": False}
USABLE: dict[str, tuple[object, ...]] = {
    "backend": ("tensorflow", "jax"),
    "floatx": ("float32",),
    "image_data_format": ("channels_last",),
    "nnx_enabled": (False,),
}


class Setting(NamedTuple):
    """A value, and who says so: a variable, a file, or the calling program."""

    value: Any
    origin: str


def settings_folder() -> Path:
    """Where Keras keeps ``keras.json`` and weights: ``KERAS_HOME``, else ``.keras`` in a home that can be written, else in /tmp."""
    if "KERAS_HOME" in os.environ:
        return expand(os.environ["KERAS_HOME"])
    home = os.path.expanduser("~")
    return Path(home if os.access(home, os.W_OK) else "/tmp", ".keras")


def read_settings() -> dict[str, Setting]:
    """Every setting, as Keras will take it.

    Raises:
        SpecError: ``keras.json`` cannot be read, or is no JSON object.
    """
    file = settings_folder() / "keras.json"
    said = _read(file)
    found = {
        name: Setting(said.get(name, default), f"in {shown(file)}" if name in said else "by default") for name, default in DEFAULTS.items()
    }
    if backend := os.environ.get("KERAS_BACKEND"):
        found["backend"] = Setting(backend, "in KERAS_BACKEND")
    return found


def require_usable(settings: dict[str, Setting]) -> None:
    """Raise ``SpecError`` for the first of ``settings`` that tltool cannot work with."""
    for name, usable in USABLE.items():
        if name in settings and settings[name].value not in usable:
            value, origin = settings[name]
            words = " or ".join(map(str, usable))
            mend = f"KERAS_BACKEND={usable[0]}" if name == "backend" else f'"{name}": {json.dumps(usable[0])} there'
            raise SpecError(f"Keras's setting {name} must be {words}. Received: {value!r}, {origin}. Set {mend}.")
    epsilon = settings.get("epsilon")
    if epsilon and not isinstance(epsilon.value, float):
        raise SpecError(
            f"Keras's setting epsilon must be a number such as 1e-07. Received: {epsilon.value!r}, {epsilon.origin}. "
            "Take the line out there."
        )


@contextmanager
def explained() -> Iterator[None]:
    """An import of Keras that fails for its settings ends in a sentence about them.

    Raises:
        SpecError: Keras was not loaded, and one of its settings is the reason.
    """
    try:
        yield
    except TltoolError:
        raise
    except Exception as error:
        if "keras" not in sys.modules:  # Python takes out again what failed to load
            try:
                require_usable(read_settings())
            except SpecError as reason:
                raise reason from error
        raise


def _read(file: Path) -> dict[str, Any]:
    if not os.path.exists(file):  # as Keras asks: a folder that may not be entered holds nothing
        return {}
    try:
        said = json.loads(read_bytes(file).decode("utf-8"))
    except ValueError:  # Keras takes its defaults then
        return {}
    except (OSError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SpecError(
            f"Keras's settings must be a file that can be read. Received: {file} ({reason}). Mend or remove it, or set "
            "KERAS_HOME to another folder."
        ) from None
    if not isinstance(said, dict):
        raise SpecError(
            f"Keras's settings must be a JSON object. Received: {file}, which holds another thing. Remove it; Keras writes a new one."
        )
    return said
