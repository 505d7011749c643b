"""Blocks of convolutions from scratch: fresh kernels, every word of a block, and what is saved."""

import inspect
import logging
from pathlib import Path

import keras
import numpy as np
import pytest

from tltool import catalog
from tltool.errors import SpecError
from tltool.lookup import locate
from tltool.models.saving.store import load_model, save_model
from tltool.models.stack.conv_stack import LUMINANCE, build_stack, initializer
from tltool.specs import ConvStack

PHOTOS = np.random.default_rng(0).uniform(0, 255, (2, 16, 16, 3)).astype("float32")
SIGNALS = np.random.default_rng(0).normal(size=(2, 24, 2)).astype("float32")
CONVOLUTIONS = (keras.layers.Conv1D, keras.layers.Conv2D)


def kernels(model: keras.Model) -> dict[str, np.ndarray]:
    return {layer.name: layer.get_weights()[0] for layer in model.layers if isinstance(layer, CONVOLUTIONS)}


def stack_of(*conv: str, shape: tuple[int, ...] = (16, 16, 3), seed: int = 0, **others: object) -> keras.Model:
    return build_stack(ConvStack(**({"conv": conv} if conv else {}), **others), shape, seed)


def test_each_block_halves_the_map_and_has_its_filters() -> None:
    stack = stack_of(filters=(4, 5, 6), shape=(32, 32, 3))
    assert (stack.name, stack.input_shape, stack.output_shape) == ("backbone", (None, 32, 32, 3), (None, 4, 4, 6))


def test_pixels_are_scaled_inside() -> None:
    stack = stack_of(filters=(1,), kernel_initializer="ones", kernel_size=1, activation="linear", batch_norm=False, pooling="none")
    photos = np.stack([np.full((16, 16, 3), value, "float32") for value in (0, 127.5, 255)])
    np.testing.assert_allclose(stack.predict_on_batch(photos)[:, 0, 0, 0], [-3, 0, 3], atol=1e-5)


def test_signals_are_taken_as_they_are() -> None:
    stack = stack_of("1@1:linear:none", shape=(24, 2), kernel_initializer="ones", batch_norm=False)
    np.testing.assert_allclose(stack.predict_on_batch(SIGNALS)[..., 0], SIGNALS.sum(axis=-1), atol=1e-5)


def test_a_stack_without_blocks_scales_and_nothing_else() -> None:
    np.testing.assert_allclose(stack_of(filters=()).predict_on_batch(PHOTOS), PHOTOS / 127.5 - 1, atol=1e-6)


def test_every_word_of_a_block_reaches_its_layer() -> None:
    stack = stack_of("4@3/2:valid:elu:no-norm", "5@3:dilation(2):tanh:min(2):dropout(0.25)", shape=(24, 24, 3))
    first, second = stack.get_layer("block1_conv"), stack.get_layer("block2_conv")
    assert (first.filters, first.kernel_size, first.strides, first.padding, first.use_bias) == (4, (3, 3), (2, 2), "valid", True)
    assert (second.filters, second.dilation_rate, second.padding, second.use_bias) == (5, (2, 2), "same", False)
    named = [layer.name for layer in stack.layers if layer.name.startswith("block")]
    assert named == ["block1_conv", "block1_elu", "block2_conv", "block2_batch_norm", "block2_tanh", "block2_pool", "block2_dropout"]
    assert stack.get_layer("block2_dropout").rate == 0.25


def test_dropout_drops_while_training_only_and_every_block_its_own() -> None:
    stack = stack_of("4@3:dropout(0.5)", "4@3:dropout(0.5)")
    np.testing.assert_array_equal(stack.predict_on_batch(PHOTOS), stack.predict_on_batch(PHOTOS))
    assert stack.get_layer("block1_dropout").seed != stack.get_layer("block2_dropout").seed


# Kernels


def test_equal_shaped_kernels_differ() -> None:
    found = kernels(stack_of(filters=(4, 4, 4)))
    assert found["block2_conv"].shape == found["block3_conv"].shape
    assert not np.allclose(found["block2_conv"], found["block3_conv"])


def test_one_seed_gives_one_stack() -> None:
    first, second = (stack_of(filters=(4, 4), seed=3) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights(), strict=True))


def test_no_kernel_of_one_seed_is_a_kernel_of_the_next() -> None:
    stacks = [kernels(stack_of(filters=(4, 4, 4, 4), seed=seed)) for seed in (0, 1, 2)]
    seen = {kernel.tobytes() for stack in stacks for kernel in stack.values()}
    assert len(seen) == 12


@pytest.mark.parametrize("name", catalog.INITIALIZERS)
def test_every_initializer_is_fresh_and_seeded_where_it_can_be(name: str) -> None:
    drawn = [
        np.asarray(keras.ops.convert_to_numpy(initializer(name, seed, layer)((3, 3, 2, 4))))
        for seed, layer in ((0, "a"), (0, "a"), (0, "b"), (1, "a"))
    ]
    assert np.array_equal(drawn[0], drawn[1])
    assert [np.array_equal(drawn[0], other) for other in drawn[2:]] == [name in catalog.UNSEEDED_INITIALIZERS] * 2


@pytest.mark.parametrize("name", catalog.INITIALIZERS)
def test_the_catalogue_says_of_every_initializer_what_keras_says(name: str) -> None:
    parameters = inspect.signature(locate(catalog.INITIALIZERS[name]).__init__).parameters.values()
    theirs = {p.name: p.default for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD}
    seeded = theirs.pop("seed", "none") is None
    ours = {argument: spec.default for argument, spec in catalog.INITIALIZER_ARGUMENTS[name].items()}
    assert ours == {argument: default for argument, default in theirs.items() if argument not in ("self", "input_axes", "output_axes")}
    assert seeded == (name not in catalog.UNSEEDED_INITIALIZERS)


def test_the_catalogue_names_every_initializer_of_keras_that_can_make_a_kernel() -> None:
    classes = {kind for name in dir(keras.initializers) if inspect.isclass(kind := getattr(keras.initializers, name))}
    makers = set()
    for kind in classes - {keras.initializers.Initializer}:
        try:
            keras.layers.Conv2D(2, 3, kernel_initializer=kind()).build((None, 8, 8, 3))
            makers.add(kind)
        except Exception:
            continue
    assert makers == {locate(address) for address in catalog.INITIALIZERS.values()}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("constant(0.25)", lambda k: (k == 0.25).all()),
        ("truncated_normal(stddev=1e-3)", lambda k: 0 < np.abs(k).max() <= 2e-3),
        ("random_uniform(2, 3)", lambda k: (k >= 2).all() and (k <= 3).all()),
        ("random_normal(mean=7, stddev=0.001)", lambda k: np.allclose(k, 7, atol=0.1)),
        ("orthogonal(gain=3)", lambda k: np.allclose(k.reshape(27, 4).T @ k.reshape(27, 4), 9 * np.eye(4), atol=1e-3)),
        ("variance_scaling(scale=100, mode=fan_avg, distribution=uniform)", lambda k: np.abs(k).max() > 2),
    ],
)
def test_arguments_reach_the_kernels_and_the_head(text: str, holds) -> None:
    assert holds(kernels(stack_of("4@3", kernel_initializer=text))["block1_conv"])


def test_an_unknown_initializer_offers_the_nearest_spelling() -> None:
    with pytest.raises(SpecError, match="he_normal"):
        initializer("he_norm", 0, "a")


@pytest.mark.parametrize(("batch_norm", "bias"), [(True, False), (False, True)])
def test_a_convolution_has_a_bias_only_without_batch_norm(batch_norm: bool, bias: bool) -> None:
    layers = stack_of(filters=(4,), batch_norm=batch_norm).layers
    assert [layer.use_bias for layer in layers if isinstance(layer, keras.layers.Conv2D)] == [bias]
    assert any(isinstance(layer, keras.layers.BatchNormalization) for layer in layers) == batch_norm


@pytest.mark.parametrize(
    ("conv", "told"), [(("4@3", "4@5"), None), (("4@2", "4@3", "4@4"), "Even: block1_conv, block3_conv."), (("4@1",), None)]
)
def test_even_kernels_are_noted_once(conv: tuple[str, ...], told: str | None, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "tltool"):
        stack_of(*conv)
    assert [record.message.endswith(told or "") for record in caplog.records] == ([True] if told else [])


def test_causal_kernels_have_no_centre_to_keep(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "tltool"):
        stack_of("4@2:causal", shape=(24, 2))
    assert caplog.records == []


# What is made of a photo


def test_grey_is_the_luminance_and_the_model_still_takes_colours() -> None:
    stack = stack_of(filters=(), channels=1)
    assert (stack.input_shape, stack.output_shape) == ((None, 16, 16, 3), (None, 16, 16, 1))
    np.testing.assert_allclose(stack.predict_on_batch(PHOTOS)[..., 0], PHOTOS @ np.array(LUMINANCE) / 127.5 - 1, atol=1e-5)
    assert stack.trainable_weights == []


@pytest.mark.parametrize("padding", catalog.PADDINGS)
def test_a_border_is_padded_with_what_was_asked_for(padding: str) -> None:
    """A kernel of ones over a map that rises to the right, seen at its left border."""
    said = {"constant": "constant(-1)"}.get(padding, padding)
    signals = np.arange(2, 10, dtype="float32").reshape(1, 8, 1)
    stack = stack_of(f"1@3:linear:none:{said}", shape=(8, 1), kernel_initializer="ones", batch_norm=False)
    assert (
        stack.predict_on_batch(signals)[0, :2, 0].tolist()
        == {"same": [5, 9], "valid": [9, 12], "reflect": [8, 9], "replicate": [7, 9], "constant": [4, 9], "causal": [2, 5]}[padding]
    )


# On disk


@pytest.mark.parametrize(
    "conv",
    [
        ("4@3:same:max", "4@5/2:reflect"),
        ("4@3:valid:average(3,2)", "4@2:replicate:min"),
        ("4@3:constant(0.5):sum(3,2,same)", "4@3:gem(3,2,same)"),
        ("4@3/2:replicate:gem", "4@3:dilation(2):reflect:min(2,padding=same)"),
    ],
    ids=str,
)
@pytest.mark.parametrize("fields", [{}, {"channels": 1, "first_layer": "gabor"}], ids=str)
def test_a_stack_saved_and_loaded_in_plain_keras_answers_the_same(conv: tuple[str, ...], fields: dict[str, object], tmp_path: Path) -> None:
    stack = stack_of(*conv, **fields)
    save_model(stack, tmp_path / "stack.keras")
    expected = stack.predict_on_batch(PHOTOS)
    assert expected.std() > 0
    np.testing.assert_array_equal(load_model(tmp_path / "stack.keras").predict_on_batch(PHOTOS), expected)
    plain = keras.saving.load_model(tmp_path / "stack.keras", safe_mode=True)
    np.testing.assert_array_equal(plain.predict_on_batch(PHOTOS), expected)


def test_a_stack_for_signals_is_saved_and_loaded(tmp_path: Path) -> None:
    stack = stack_of("4@3:causal:gem", "4@3/2:reflect", "4@2:causal:dilation(3):sum(3,2,same)", shape=(24, 2))
    save_model(stack, tmp_path / "stack.keras")
    np.testing.assert_array_equal(load_model(tmp_path / "stack.keras").predict_on_batch(SIGNALS), stack.predict_on_batch(SIGNALS))
