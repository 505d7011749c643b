"""A Keras that computes in another way than models here are made for is refused wherever a model is made or loaded."""

from pathlib import Path

import keras
import pytest

from tltool.errors import SpecError
from tltool.models import loaded_keras
from tltool.models.backbone import load_backbone
from tltool.models.devices.device import use_device
from tltool.models.loaded_keras import require_settings
from tltool.models.saving.store import load_model
from tltool.specs import Training

DOORS = {
    "training": lambda: use_device(Training(device="cpu")),
    "a backbone": lambda: load_backbone("mobilenet_025", "none", 32),
    "a run": lambda: load_model(Path("model.keras")),
}


def test_the_usual_settings_are_well() -> None:
    require_settings()


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("name", "value"), [("floatx", "float16"), ("image_data_format", "channels_first")])
def test_other_settings_are_refused_at_every_door(monkeypatch: pytest.MonkeyPatch, door: str, name: str, value: str) -> None:
    monkeypatch.setattr(keras.config, name, lambda: value)
    with pytest.raises(SpecError, match=rf"{name} must be .* Received: '{value}', set by this program"):
        DOORS[door]()


def test_another_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaded_keras.keras.backend, "backend", lambda: "numpy")
    with pytest.raises(SpecError, match=r"backend must be tensorflow or jax\. Received: 'numpy'"):
        require_settings()
