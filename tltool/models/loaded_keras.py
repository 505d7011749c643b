"""The settings of Keras as it is loaded: a program may have changed what ``keras.json`` says."""

import keras

from tltool.keras_settings import Setting, read_settings, require_usable


def require_settings() -> None:
    """Refuse a Keras that computes in another way than models here are made for.

    Raises:
        SpecError: another backend, other floats than float32, or images stored channels first; the message says where that is set.
    """
    in_use = {"backend": keras.backend.backend(), "floatx": keras.config.floatx(), "image_data_format": keras.config.image_data_format()}
    said = read_settings()
    require_usable(
        {name: said[name] if said[name].value == value else Setting(value, "set by this program") for name, value in in_use.items()}
    )
