"""Every channel on one scale, inside the model, from the numbers it was given and no others."""

from pathlib import Path

import keras
import numpy as np
import pytest

from tltool import ConvStack, Head
from tltool.models.assembly import assemble
from tltool.models.normalization import normalize
from tltool.models.saving.store import save_model
from tltool.models.stack.conv_stack import build_stack


def test_every_channel_gets_mean_0_and_deviation_1() -> None:
    signals = np.random.default_rng(0).normal((5, -3000, 0), (0.01, 200, 1e-6), (50, 20, 3)).astype("float32")
    scaled = np.asarray(normalize(signals)(signals))
    assert np.abs(scaled.mean(axis=(0, 1))).max() < 1e-3 and scaled.std(axis=(0, 1)) == pytest.approx([1, 1, 1], abs=1e-3)


@pytest.mark.parametrize("value", [0, 7, 1e6])
def test_a_channel_that_never_changes_is_centred_and_no_more(value: float) -> None:
    signals = np.full((10, 8, 1), value, "float32")
    layer = normalize(signals)
    assert (np.asarray(layer(signals)) == 0).all()
    assert np.abs(np.asarray(layer(signals + 1)) - 1).max() < 1e-6


def test_it_is_saved_with_the_model_and_opens_in_plain_keras(tmp_path: Path) -> None:
    signals = np.random.default_rng(0).normal(40, 3, (8, 16, 2)).astype("float32")
    body = build_stack(ConvStack(filters=(2,), padding="causal"), (16, 2), 0)
    model = assemble(body, Head(), ["a", "b"], 0, normalize(signals))
    save_model(model, tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras", safe_mode=True)
    assert (np.asarray(loaded(signals)) == np.asarray(model(signals))).all()
    assert not model.get_layer("standardise").weights
