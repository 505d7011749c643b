"""Frozen backbone → features, once for every photo, kept between runs."""

import errno
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from tltool.data.cache import storage
from tltool.data.cache.inventory import take_stock
from tltool.data.cache.rows import RowForm
from tltool.data.pixels import Pixels
from tltool.errors import TltoolError
from tltool.models import inference
from tltool.models.assembly import assemble
from tltool.models.head import features_of
from tltool.models.inference import Inference
from tltool.models.stack.conv_stack import build_stack
from tltool.models.views import View
from tltool.specs import ConvStack, Head
from tltool.training import features as module
from tltool.training.features import extract_features, photo_features

PIXELS = np.random.default_rng(0).integers(0, 256, (7, 4, 4, 3), "uint8")
LAYOUT = RowForm("pixels", (4, 4, 3), "uint8", ("decoder", 4, "crop"), {"size": 4, "fit": "crop"})
ALL = np.arange(7)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many photos each batch took through a backbone."""
    counts, predict = [], module._predict
    monkeypatch.setattr(module, "_predict", lambda extractor, photos, size: counts.append(len(photos)) or predict(extractor, photos, size))
    return counts


def extractor(seed: int = 0) -> keras.Model:
    x = photo = keras.Input((4, 4, 3))
    for layer in (
        keras.layers.Dropout(0.9),
        keras.layers.BatchNormalization(),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(5, kernel_initializer=keras.initializers.HeNormal(seed=seed)),
    ):
        x = layer(x)
    return keras.Model(photo, x)


def kept(array: np.ndarray = PIXELS, contents: str = "abcdefg", layout: RowForm = LAYOUT) -> Pixels:
    return Pixels(array.shape, lambda rows: array[rows], [letter * 64 for letter in contents], layout)


def test_each_photo_gets_its_features_in_the_order_of_the_rows_in_inference_mode() -> None:
    x = photo = keras.Input((4, 4, 3))
    for layer in (keras.layers.Dropout(0.9), keras.layers.BatchNormalization(), keras.layers.GlobalAveragePooling2D()):
        x = layer(x)
    rows = np.array([6, 0, 3, 5, 1])
    for pixels in (PIXELS, kept()):
        found = extract_features(keras.Model(photo, x), pixels, rows, batch_size=2)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, PIXELS[rows].mean(axis=(1, 2)), rtol=2e-3)


def test_the_size_of_a_batch_changes_nothing_and_the_averages_stay() -> None:
    model = extractor()
    before = model.get_weights()
    found = [extract_features(model, PIXELS, ALL, size) for size in (1, 3, 7)]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(found[0], found[2], rtol=1e-5, atol=1e-4)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_features_that_are_no_numbers_stop_with_a_reason_and_are_not_kept(value: float, own_cache: Path) -> None:
    spoiled = PIXELS.astype("float32")
    spoiled[2] = value
    for pixels in (spoiled, kept(spoiled)):
        with pytest.raises(TltoolError, match="features must be finite"):
            extract_features(extractor(), pixels, ALL, batch_size=4)
    assert not any((own_cache / "features").iterdir())


# Kept between runs


def test_a_second_run_computes_nothing_and_gets_the_same_bits(seen: list[int]) -> None:
    first, computed = extract_features(extractor(), kept(), ALL), sum(seen)
    second = extract_features(extractor(), kept(), ALL)
    assert computed == sum(seen) == 7 and np.array_equal(first, second)
    assert np.array_equal(first, extract_features(extractor(), PIXELS, ALL))  # as it is without a cache


def test_what_is_known_serves_a_part_another_order_and_copies(seen: list[int]) -> None:
    whole = extract_features(extractor(), kept(), ALL)
    rows = np.array([5, 1, 4])
    assert np.array_equal(extract_features(extractor(), kept(), rows), whole[rows])
    again = kept(PIXELS[[3, 0, 3]], "dad")
    assert np.array_equal(extract_features(extractor(), again, np.arange(3)), whole[[3, 0, 3]]) and sum(seen) == 7


def test_a_folder_that_grew_computes_only_what_is_new_to_the_same_bits(seen: list[int], caplog: pytest.LogCaptureFixture) -> None:
    extract_features(extractor(), kept(), ALL[:4])
    with caplog.at_level(logging.INFO, "tltool"):
        grown = extract_features(extractor(), kept(), ALL)
    assert seen == [4, 3] and "The features of 4 of 7 photos are in the cache." in caplog.text
    assert np.array_equal(grown, extract_features(extractor(), PIXELS, ALL))


@pytest.mark.parametrize("change", ["weights", "pixels", "view", "batch size", "determinism", "environment", "backend's version"])
def test_what_a_feature_depends_on_is_in_its_key(change: str, seen: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    def features(model: keras.Model, pixels: Pixels, **how: object) -> np.ndarray:
        return extract_features(model, pixels, ALL, **how)  # type: ignore[arg-type]

    features(extractor(), kept())
    if change == "environment":
        monkeypatch.setenv("TF_SET_ONEDNN_FPMATH_MODE", "BF16")
    if change == "backend's version":
        monkeypatch.setattr(keras, "__version__", "99")
    model = extractor(seed=1 if change == "weights" else 0)
    pixels = kept(layout=replace(LAYOUT, recipe=("decoder", 4, "stretch"))) if change == "pixels" else kept()
    how = {"view": {"view": View(mirrored=True)}, "batch size": {"batch_size": 3}, "determinism": {"deterministic": True}}.get(change, {})
    features(model, pixels, **how)
    assert sum(seen) == 14


def test_freezing_changes_no_key(seen: list[int]) -> None:
    model = extractor()
    extract_features(model, kept(), ALL)
    model.trainable = False
    extract_features(model, kept(), ALL)
    assert sum(seen) == 7


def test_a_batch_of_more_photos_is_no_other_feature(seen: list[int]) -> None:
    extract_features(extractor(), kept(), ALL, batch_size=32)
    extract_features(extractor(), kept(), ALL, batch_size=256)
    assert sum(seen) == 7


def test_folds_check_and_the_head_share_what_they_know(seen: list[int]) -> None:
    body = build_stack(ConvStack(filters=(4,)), (16, 16, 3), 0)
    pixels = kept(np.random.default_rng(0).integers(0, 256, (7, 16, 16, 3), "uint8"))
    found = photo_features(body, pixels)
    model = assemble(body, Head(), ["a", "b"], 0)
    assert np.array_equal(extract_features(features_of(model), pixels, ALL), found) and sum(seen) == 7
    assert not np.array_equal(extract_features(features_of(assemble(body, Head(pool="max"), ["a", "b"], 0)), pixels, ALL), found)


@pytest.mark.parametrize(
    "damage",
    [
        lambda entry: (entry / "features.bin").write_bytes(bytes(7 * 5 * 4)),
        lambda entry: (entry / "features.bin").write_bytes(b""),
        lambda entry: (entry / "about.json").write_text("{"),
        lambda entry: (entry / "about.json").write_text((entry / "about.json").read_text().replace('"recipe":"', '"recipe":"0')),
    ],
)
def test_what_is_damaged_is_computed_again(damage: Callable[[Path], object], own_cache: Path, seen: list[int]) -> None:
    first = np.array(extract_features(extractor(), kept(), ALL))
    damage(next((own_cache / "features").iterdir()))
    assert np.array_equal(extract_features(extractor(), kept(), ALL), first) and sum(seen) == 14
    assert np.array_equal(extract_features(extractor(), kept(), ALL), first) and sum(seen) == 14


def test_the_cache_lists_features() -> None:
    held = extract_features(extractor(), kept(), ALL)
    (row,) = take_stock(verify=True).rows
    assert (row["kind"], row["photos"], row["size"], row["fit"], row["state"]) == ("features", 7, 4, "crop", "in use, intact") and len(held)


@pytest.mark.parametrize("fault", ["no room", "no leave", "full on the way"])
def test_where_nothing_can_be_kept_it_is_computed_all_the_same(
    fault: str, own_cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if fault == "no room":
        monkeypatch.setenv("TLTOOL_CACHE_GB", "0")
    elif fault == "no leave":
        own_cache.write_text("a file, not a folder")
    else:

        def full(layout: RowForm, most: int, made: object) -> None:
            next(made)  # type: ignore[call-overload]
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr("tltool.data.cache.fallback.write_rows", full)
    with caplog.at_level(logging.WARNING, "tltool"):
        found = extract_features(extractor(), kept(), ALL)
    assert np.array_equal(found, extract_features(extractor(), PIXELS, ALL)) and "held in memory" in caplog.text


def test_more_than_memory_should_hold_is_refused_where_the_disk_has_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLTOOL_CACHE_GB", "0")
    monkeypatch.setattr(module, "HELD_BYTES", 100)
    with pytest.raises(TltoolError, match=r"more than .* are not held in memory\. Set TLTOOL_CACHE"):
        extract_features(extractor(), kept(), ALL)


def test_features_in_the_order_of_their_entry_stay_on_the_disk() -> None:
    found = extract_features(extractor(), kept(), ALL)
    assert not found.flags.owndata and not found.flags.writeable


# Too little memory


class ResourceExhaustedError(Exception):
    """What TensorFlow raises, by its name."""


@pytest.mark.parametrize("error", [ResourceExhaustedError("OOM"), MemoryError()])
def test_too_little_memory_halves_the_batch_and_says_so(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sizes, predict = [], module._predict

    def short_of_memory(extractor: keras.Model, photos: np.ndarray, size: int) -> np.ndarray:
        sizes.append(size)
        if size > 2:
            raise error
        return predict(extractor, photos, size)

    monkeypatch.setattr(module, "_predict", short_of_memory)
    with caplog.at_level(logging.WARNING, "tltool"):
        found = extract_features(extractor(), kept(), ALL, batch_size=8)
    np.testing.assert_allclose(found, extract_features(extractor(), PIXELS, ALL, batch_size=2), rtol=1e-5)
    assert sizes[:6] == [8, 4, 2, 2, 2, 2]
    assert "does not hold a batch of 8. It goes on with 4." in caplog.text and "with 2." in caplog.text


def test_what_does_not_fit_alone_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> np.ndarray:
        raise ResourceExhaustedError("OOM")

    monkeypatch.setattr(module, "_predict", never)
    with pytest.raises(ResourceExhaustedError):
        extract_features(extractor(), PIXELS, ALL, batch_size=8)


def test_a_cache_that_is_swept_while_features_are_used_harms_nobody() -> None:
    found = extract_features(extractor(), kept(), ALL)
    before = np.array(found)
    for entry in storage.find_entries():
        storage.remove(entry.path)
    assert np.array_equal(found, before)


# On LiteRT


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven photos are many: converting pays."""
    monkeypatch.setattr(inference, "FEWEST", 0)
    monkeypatch.setattr(inference, "PER_MILLION", 0)


def test_many_photos_are_computed_by_litert_once_for_all_views_and_kept_apart(
    seen: list[int], many: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = Inference(extractor(), 14)
    found = extract_features(shared.model, kept(), ALL, inference=shared)
    assert not seen
    np.testing.assert_allclose(found, shared.model.predict(PIXELS.astype("float32"), verbose=0), rtol=1e-4, atol=1e-3)
    monkeypatch.setattr(inference, "_on_litert", lambda *_: pytest.fail("converted twice"))
    extract_features(shared.model, kept(), ALL, view=View(mirrored=1), inference=shared)
    assert np.array_equal(extract_features(extractor(), kept(), ALL), found)  # from the cache, where nothing is converted
    monkeypatch.setattr(inference, "FEWEST", 1000)
    extract_features(extractor(), kept(), ALL)
    assert sum(seen) == 7


def test_what_litert_cannot_compute_is_computed_by_keras_and_kept_as_its(
    seen: list[int], many: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "_on_litert", lambda *_: None)
    first = extract_features(extractor(), kept(), ALL)
    assert np.array_equal(extract_features(extractor(), kept(), ALL), first) and sum(seen) == 7


def test_features_that_keras_computed_of_few_photos_do_not_stand_for_those_of_many(many: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as few:
        few.setattr(inference, "FEWEST", 1000)
        extract_features(extractor(), kept(), ALL)
    asked: list[int] = []
    monkeypatch.setattr(inference, "_on_litert", lambda model, photos: asked.append(len(photos)))
    extract_features(extractor(), kept(), ALL)
    assert asked
