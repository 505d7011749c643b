"""A stack laid on a size: known answers, agreement with Keras on any stack, and what cannot go on."""

import itertools

import keras
import pytest
from hypothesis import assume, given, settings, strategies as st

from tltool import catalog
from tltool.blocks import Block
from tltool.errors import SpecError
from tltool.models.stack.axes import Axis, Shape
from tltool.models.stack.conv_stack import build_stack
from tltool.models.stack.shapes import lay_out, lay_out_fixed, lay_out_stack, resolve_stack
from tltool.specs import ConvStack

small = st.integers(1, 4)


@st.composite
def block(draw: st.DrawFn, paddings: tuple[str, ...]) -> Block:
    stride = draw(st.integers(1, 3))
    return Block(
        draw(small),
        draw(st.integers(1, 5)),
        stride,
        1 if stride > 1 else draw(st.integers(1, 3)),
        draw(st.sampled_from(paddings)),
        pooling=draw(st.sampled_from(sorted(catalog.POOLINGS))),
        window=draw(small),
        pool_stride=draw(st.integers(0, 3)),
        pool_padding=draw(st.sampled_from(["valid", "same"])),
        batch_norm=draw(st.booleans()),
    )


def sizes(conv: list[str], shape: Shape, **others: object) -> list[Shape]:
    return [place.leaving for place in lay_out(ConvStack(conv=conv, **others).blocks, shape)]


# Known answers


def test_the_example_of_the_course_on_39_pixels() -> None:
    placed = lay_out(ConvStack(conv=("10@3", "20@5/2", "40@5/2"), padding="valid", pooling="none").blocks, (39, 39, 3))
    assert [place.leaving for place in placed] == [(37, 37, 10), (17, 17, 20), (7, 7, 40)]
    assert [place.entering for place in placed] == [(39, 39, 3), (37, 37, 10), (17, 17, 20)]
    assert [place.number for place in placed] == [1, 2, 3]


@pytest.mark.parametrize(
    ("conv", "shape", "leaving"),
    [
        ("1@3:valid:none", (4, 4, 1), (2, 2, 1)),
        ("1@1:max", (4, 4, 1), (2, 2, 1)),
        ("1@1:max", (5, 7, 1), (2, 3, 1)),
        ("1@1:max(2,padding=same)", (5, 7, 1), (3, 4, 1)),
        ("1@1:max(3,2)", (7, 8, 1), (3, 3, 1)),
        ("1@1:max(3,2,same)", (7, 8, 1), (4, 4, 1)),
        ("6@3/2", (7, 8, 1), (4, 4, 6)),
        ("6@3:dilation(3):valid:none", (9, 7, 1), (3, 1, 6)),
        ("6@3:causal:none", (9, 2), (9, 6)),
        ("6@3/2:causal", (9, 2), (5, 6)),
        ("6@3:max(2,padding=same)", (1, 2), (1, 6)),
    ],
)
def test_sizes_known_by_hand(conv: str, shape: Shape, leaving: Shape) -> None:
    assert sizes([conv], shape) == [leaving]


# Keras agrees


@settings(max_examples=60, deadline=None)
@given(
    st.lists(block(("same", "valid", "reflect", "replicate", "constant")), min_size=1, max_size=3), st.integers(1, 17), st.integers(1, 17)
)
def test_any_stack_for_photos_is_built_as_it_is_laid_out_or_refused_in_one_sentence(blocks: list[Block], height: int, width: int) -> None:
    agrees(blocks, (height, width, 3))


@settings(max_examples=40, deadline=None)
@given(st.lists(block(tuple(catalog.PADDINGS)), min_size=1, max_size=3), st.integers(1, 30))
def test_any_stack_for_signals_is_built_as_it_is_laid_out_or_refused_in_one_sentence(blocks: list[Block], length: int) -> None:
    agrees(blocks, (length, 2))


def agrees(blocks: list[Block], shape: Shape) -> None:
    stack = ConvStack(conv=blocks)
    try:
        placed = lay_out(stack.blocks, shape)
    except SpecError as error:
        assert str(error).startswith("block") and "Received: " in str(error)
        with pytest.raises(SpecError):
            build_stack(stack, shape, seed=0)
        return
    model = build_stack(stack, shape, seed=0)
    assert model.output_shape[1:] == placed[-1].leaving
    for place in placed:
        name = f"block{place.number}"
        assert model.get_layer(f"{name}_conv").output.shape[1:] == place.convolved
        if place.block.pooling != "none":
            assert model.get_layer(f"{name}_pool").output.shape[1:] == place.leaving
    assert any(isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers) == any(block.batch_norm for block in blocks)


# What cannot go on


@pytest.mark.parametrize(
    ("conv", "shape", "message"),
    [
        (
            ["4@3"] * 5,
            (16, 16, 3),
            "block5_pool must lay its window of 2×2 on the feature map that reaches it. Received: 1×1 (16×16 → 8×8 → 4×4 → 2×2 → 1×1). "
            "Use a larger input, fewer blocks, less pooling, pooling none or max(2,padding=same).",
        ),
        (
            ["4@5:valid:none", "4@5:valid:none"],
            (8, 8, 3),
            "block2_conv must lay its kernel of 5×5 on the feature map that reaches it. Received: 4×4 (8×8 → 4×4). "
            "Use a larger input, fewer blocks, less pooling or --padding same.",
        ),
        (
            ["4@3:valid:dilation(4)"],
            (8, 9, 3),
            "block1_conv must lay its kernel of 3×3 (reaching over 9×9 with dilation 4) on the feature map that reaches it. Received: 8×9.",
        ),
        (
            ["4@7:reflect"],
            (3, 30, 3),
            "block1_conv must mirror 3 cells at each border, which needs a feature map of at least 4. Received: 3×30. "
            "Use a larger input, --padding same or replicate.",
        ),
        (["4@5:valid"], (4, 2), "block1_conv must lay its kernel of 5 on"),
        (["4@3:causal"], (9, 9, 3), "block1_conv must not be padded causally: causal means that no output sees a later input"),
        (
            ["65536@255", "65536@255"],
            (300, 300, 3),
            "block1_conv must have at most 2,147,483,647 weights. Received: 12,784,435,200, from 3 maps",
        ),
    ],
)
def test_what_cannot_go_on_names_the_layer_the_size_and_the_reason(conv: list[str], shape: Shape, message: str) -> None:
    with pytest.raises(SpecError) as error:
        lay_out(ConvStack(conv=conv).blocks, shape)
    assert str(error.value).startswith(message)


def test_a_reflection_is_refused_exactly_where_there_is_too_little_to_mirror() -> None:
    assert sizes(["4@7:reflect:none"], (4, 4, 3)) == [(4, 4, 4)]
    assert sizes(["4@7/2:reflect"], (4, 4, 3)) == [(2, 2, 4)]
    with pytest.raises(SpecError, match="mirror 3 cells"):
        sizes(["4@7:reflect:none"], (4, 3, 3))


# What never learns


def test_fixed_layers_stand_before_the_first_block() -> None:
    fixed, placed = lay_out_stack(ConvStack(filters=(4,), channels=1, first_layer="gabor"), (16, 12, 3))
    assert [(layer.name, layer.kernel_size, layer.entering, layer.leaving, layer.parameters) for layer in fixed] == [
        ("fixed_grey", 1, (16, 12, 3), (16, 12, 1), 3),
        ("fixed_gabor", 7, (16, 12, 1), (16, 12, 8), 392),
    ]
    assert placed[0].entering == (16, 12, 8)


@pytest.mark.parametrize(
    ("name", "maps", "parameters"), [("edges", 15, 135), ("sobel", 6, 54), ("gabor", 24, 1176), ("blur", 6, 150), ("sharpen", 6, 54)]
)
def test_a_bank_is_laid_on_every_colour_and_keras_counts_the_same(name: str, maps: int, parameters: int) -> None:
    stack = ConvStack(filters=(), first_layer=name)
    (fixed,) = lay_out_fixed(stack, (9, 9, 3))
    model = build_stack(stack, (9, 9, 3), seed=0)
    assert fixed.leaving == model.output_shape[1:] == (9, 9, maps)
    assert fixed.parameters == model.count_params() == parameters
    assert model.trainable_weights == []


def test_without_blocks_the_photo_passes() -> None:
    assert lay_out_stack(ConvStack(filters=()), (9, 9, 3)) == ([], [])


@pytest.mark.parametrize("stack", [ConvStack(first_layer="blur"), ConvStack(channels=1)])
def test_colours_and_banks_are_for_photos(stack: ConvStack) -> None:
    with pytest.raises(SpecError, match=r"signal"):
        build_stack(stack, (64, 3), seed=0)


@settings(max_examples=60, deadline=None)
@given(st.lists(block(tuple(catalog.PADDINGS)), max_size=4), st.integers(1, 40), st.integers(1, 5))
def test_every_layer_gets_what_the_one_before_leaves(blocks: list[Block], length: int, channels: int) -> None:
    try:
        placed = lay_out(blocks, (length, channels))
    except SpecError:
        assume(False)
    shape: Shape = (length, channels)
    for place in placed:
        assert place.entering == shape and min(place.leaving) >= 1
        whole = place.entering[0] + place.before[0] + place.after[0]
        assert place.convolved == (Axis(whole, place.block.reach, place.block.stride).leaving, place.block.filters)
        shape = place.leaving


@pytest.mark.parametrize(
    ("size", "filters"),
    [
        (16, (16, 32)),
        (32, (16, 32, 64)),
        (96, (16, 32, 64, 128, 256)),
        (224, (16, 32, 64, 128, 256, 512)),
        (2048, (16, 32, 64, 128, 256, 512)),
    ],
)
def test_a_stack_that_names_no_filters_gets_them_by_the_size(size: int, filters: tuple[int, ...]) -> None:
    assert resolve_stack(ConvStack(), (size, size, 3)).filters == filters


def test_filters_by_the_size_leave_three_cells_whatever_the_padding() -> None:
    for padding, kernel_size in itertools.product(("same", "valid", "reflect"), (3, 5, 7)):
        stack = resolve_stack(ConvStack(padding=padding, kernel_size=kernel_size), (96, 96, 3))
        assert lay_out_stack(stack, (96, 96, 3))[1][-1].leaving[0] >= 3


def test_a_stack_that_never_shrinks_gets_three_blocks() -> None:
    assert resolve_stack(ConvStack(pooling="none"), (96, 96, 3)).filters == (16, 32, 64)


@pytest.mark.parametrize("stack", [ConvStack(filters=(8,)), ConvStack(filters=()), ConvStack(conv=("8@3",))])
def test_what_the_user_said_of_a_stack_stays(stack: ConvStack) -> None:
    assert resolve_stack(stack, (96, 96, 3)) is stack


def test_blocks_that_the_size_decides_cannot_be_named_before_it() -> None:
    with pytest.raises(SpecError, match="resolve_stack"):
        _ = ConvStack().blocks
