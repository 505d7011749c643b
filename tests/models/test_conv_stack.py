"""Conv2D blocks from scratch: fresh kernels, every padding and pooling, and a size that leaves room."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tltool import catalog
from tltool.errors import SpecError
from tltool.models.conv_stack import build_stack, initializer
from tltool.models.store import load_model, save_model
from tltool.specs import ConvStack

POOLINGS = ("max", "average", "min", "sum", "none")
PADDINGS = ("same", "valid", "reflect", "replicate")


def kernels(model: keras.Model) -> dict[str, np.ndarray]:
    return {layer.name: layer.get_weights()[0] for layer in model.layers if isinstance(layer, keras.layers.Conv2D)}


def test_each_block_halves_the_map_and_has_its_filters() -> None:
    stack = build_stack(ConvStack(filters=(4, 5, 6)), 32, seed=0)
    assert (stack.name, stack.input_shape, stack.output_shape) == ("backbone", (None, 32, 32, 3), (None, 4, 4, 6))


def test_pixels_are_scaled_inside() -> None:
    stack = build_stack(ConvStack(filters=(1,), kernel_initializer="ones", kernel_size=1, activation="linear", batch_norm=False,
                                  pooling="none"), 16, seed=0)
    photos = np.stack([np.full((16, 16, 3), value, "float32") for value in (0, 127.5, 255)])
    np.testing.assert_allclose(stack.predict_on_batch(photos)[:, 0, 0, 0], [-3, 0, 3], atol=1e-5)


def test_equal_shaped_kernels_differ() -> None:
    found = kernels(build_stack(ConvStack(filters=(4, 4, 4)), 16, seed=0))
    assert found["block2_conv"].shape == found["block3_conv"].shape
    assert not np.allclose(found["block2_conv"], found["block3_conv"])


def test_one_seed_gives_one_stack() -> None:
    first, second = (build_stack(ConvStack(filters=(4, 4)), 16, seed=3) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights(), strict=True))


def test_no_kernel_of_one_seed_is_a_kernel_of_the_next() -> None:
    stacks = [kernels(build_stack(ConvStack(filters=(4, 4, 4, 4)), 16, seed)) for seed in (0, 1, 2)]
    seen = {kernel.tobytes() for stack in stacks for kernel in stack.values()}
    assert len(seen) == 12


@pytest.mark.parametrize("name", catalog.INITIALIZERS)
def test_every_initializer_is_fresh_and_seeded_where_it_can_be(name: str) -> None:
    drawn = [np.asarray(keras.ops.convert_to_numpy(initializer(name, seed, layer)((3, 3, 2, 4)))) for seed, layer in
             ((0, "a"), (0, "a"), (0, "b"), (1, "a"))]
    assert np.array_equal(drawn[0], drawn[1])
    assert [np.array_equal(drawn[0], other) for other in drawn[2:]] == [name in catalog.UNSEEDED_INITIALIZERS] * 2


def test_an_unknown_initializer_offers_the_nearest_spelling() -> None:
    with pytest.raises(SpecError, match="he_normal"):
        initializer("he_norm", 0, "a")


@pytest.mark.parametrize(("batch_norm", "bias"), [(True, False), (False, True)])
def test_a_convolution_has_a_bias_only_without_batch_norm(batch_norm: bool, bias: bool) -> None:
    layers = build_stack(ConvStack(filters=(4,), batch_norm=batch_norm), 16, seed=0).layers
    assert [layer.use_bias for layer in layers if isinstance(layer, keras.layers.Conv2D)] == [bias]
    assert any(isinstance(layer, keras.layers.BatchNormalization) for layer in layers) == batch_norm


@pytest.mark.parametrize(("stack", "size", "block", "side"), [
    (ConvStack(filters=(4,) * 5), 16, 5, 1),
    (ConvStack(filters=(4, 4), kernel_size=5, padding="valid"), 8, 2, 2),
    (ConvStack(filters=(4,), kernel_size=5, padding="valid"), 4, 1, 4),
    (ConvStack(filters=(4,), kernel_size=5, padding="valid", pooling="max"), 5, 1, 5),
    (ConvStack(filters=(4, 4, 4), kernel_size=7, padding="reflect"), 12, 3, 3),
])
def test_a_map_too_small_names_the_block_and_its_size(stack: ConvStack, size: int, block: int, side: int) -> None:
    with pytest.raises(SpecError, match=rf"Block {block} .* {stack.kernel_size}×{stack.kernel_size} kernel.*Received: {side}×{side}\."):
        build_stack(stack, size, seed=0)


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 9), kernel=st.integers(1, 6), blocks=st.integers(1, 2), padding=st.sampled_from(PADDINGS),
       pooling=st.sampled_from(POOLINGS))
def test_any_stack_is_built_or_refused_in_one_sentence(size: int, kernel: int, blocks: int, padding: str, pooling: str) -> None:
    stack = ConvStack(filters=(2,) * blocks, kernel_size=kernel, padding=padding, pooling=pooling)
    try:
        side = build_stack(stack, size, seed=0).output_shape[1]
    except SpecError:
        return
    expected = size
    for _ in range(blocks):
        expected = (expected - kernel + 1 if padding == "valid" else expected) // (1 if pooling == "none" else 2)
    assert side == expected >= 1


@pytest.mark.parametrize(("padding", "pooling", "kernel"), [("same", "max", 3), ("valid", "average", 3), ("reflect", "min", 3),
                                                            ("replicate", "sum", 3), ("reflect", "none", 4), ("replicate", "max", 2)])
def test_a_stack_saved_and_loaded_answers_the_same(padding: str, pooling: str, kernel: int, tmp_path) -> None:
    stack = build_stack(ConvStack(filters=(4, 4), padding=padding, pooling=pooling, kernel_size=kernel), 16, seed=0)
    photos = np.random.default_rng(0).uniform(0, 255, (2, 16, 16, 3)).astype("float32")
    save_model(stack, tmp_path / "stack.keras")
    np.testing.assert_array_equal(load_model(tmp_path / "stack.keras").predict_on_batch(photos), stack.predict_on_batch(photos))
