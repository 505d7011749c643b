"""Frozen backbone → features, once for every photo."""

import keras
import numpy as np
import pytest

from tltool.errors import TltoolError
from tltool.training.features import extract_features

PIXELS = np.random.default_rng(0).integers(0, 256, (7, 4, 4, 3), "uint8")


def extractor() -> keras.Model:
    return keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Dropout(0.9), keras.layers.BatchNormalization(),
                             keras.layers.GlobalAveragePooling2D()])


def test_each_photo_gets_its_features_in_the_order_of_the_rows_in_inference_mode() -> None:
    model, rows = extractor(), np.array([6, 0, 3, 5, 1])
    found = extract_features(model, PIXELS, rows, batch_size=2)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, PIXELS[rows].mean(axis=(1, 2)), rtol=2e-3)


def test_the_size_of_a_batch_changes_nothing_and_the_averages_stay() -> None:
    model = extractor()
    before = model.get_weights()
    found = [extract_features(model, PIXELS, np.arange(7), size) for size in (1, 3, 7)]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)
    np.testing.assert_allclose(found[0], found[2], rtol=1e-6)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_features_that_are_no_numbers_stop_with_a_reason(value: float) -> None:
    spoiled = PIXELS.astype("float32")
    spoiled[2] = value
    with pytest.raises(TltoolError, match="features must be finite"):
        extract_features(extractor(), spoiled, np.arange(7), batch_size=4)
