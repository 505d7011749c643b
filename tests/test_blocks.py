"""A block of a stack in a few characters: what is said, what is left to the stack, and what is refused."""

import subprocess
import sys

import pytest
from hypothesis import given, strategies as st

from tltool import catalog
from tltool.blocks import LARGEST_SIDE, MOST_FILTERS, WORDS, Block, read_block, read_blocks
from tltool.errors import SpecError
from tltool.specs import ConvStack

DEFAULT = Block(1, 3, pooling="max")
sides = st.integers(1, LARGEST_SIDE)
shares = st.floats(0, 0.99)


@st.composite
def any_block(draw: st.DrawFn) -> Block:
    """A block that Keras could compute on some size, in the form in which it is read."""
    stride, pooling = draw(sides), draw(st.sampled_from(sorted(catalog.POOLINGS)))
    padding, pooled = draw(st.sampled_from(sorted(catalog.PADDINGS))), pooling != "none"
    window = draw(sides) if pooled else 2
    step = draw(sides) if pooled else 0
    return Block(
        draw(st.integers(1, MOST_FILTERS)),
        draw(sides),
        stride,
        1 if stride > 1 else draw(sides),
        padding,
        draw(st.floats(-1e6, 1e6)) if padding == "constant" else 0.0,
        draw(st.sampled_from(sorted(catalog.ACTIVATIONS))),
        pooling,
        window,
        draw(st.booleans()),
        draw(shares),
        0 if step == window else step,
        draw(st.sampled_from(["valid", "same"])) if pooled else "valid",
    )


@given(any_block(), any_block())
def test_a_block_s_text_is_read_back_whatever_the_defaults(block: Block, default: Block) -> None:
    assert read_block(str(block), default) == block


@given(any_block(), st.randoms())
def test_words_come_in_any_order(block: Block, random) -> None:
    size, *words = str(block).split(":")
    random.shuffle(words)
    assert read_block(":".join([size, *words]), DEFAULT) == block


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("32@3", {"filters": 32}),
        ("32@5/2", {"filters": 32, "kernel_size": 5, "stride": 2, "pooling": "none"}),
        ("64@3/2:reflect:relu", {"filters": 64, "stride": 2, "padding": "reflect", "pooling": "none"}),
        ("64@3/2:max", {"filters": 64, "stride": 2}),
        ("8@3/1", {"filters": 8}),
        ("8@3:none", {"filters": 8, "pooling": "none"}),
        ("8@3:average(3)", {"filters": 8, "pooling": "average", "window": 3}),
        ("8@3:max(3,2)", {"filters": 8, "window": 3, "pool_stride": 2}),
        ("8@3:max(3, padding=same)", {"filters": 8, "window": 3, "pool_padding": "same"}),
        ("8@3:constant(-0.5)", {"filters": 8, "padding": "constant", "border": -0.5}),
        ("8@3:dilation(2):no-norm:dropout(0.2)", {"filters": 8, "dilation": 2, "batch_norm": False, "dropout": 0.2}),
        (" 8 @ 3 / 2 : gem ( 2 ) : norm ", {"filters": 8, "stride": 2, "pooling": "gem"}),
    ],
)
def test_what_a_block_says_and_what_it_leaves_to_the_stack(text: str, fields: dict[str, object]) -> None:
    assert read_block(text, DEFAULT) == DEFAULT._replace(**fields)


def test_a_block_takes_from_the_stack_what_it_does_not_say() -> None:
    default = Block(1, 9, padding="constant", border=2.0, activation="elu", pooling="sum", window=3, batch_norm=False, dropout=0.1)
    assert read_block("4@3", default) == default._replace(filters=4, kernel_size=3)
    assert read_block("4@3:same:max", default)[4:9] == ("same", 0.0, "elu", "max", 2)


@pytest.mark.parametrize(
    "text",
    ["", "32", "32@", "@3", "32x3", "32@3x3", "32@3/", "-1@3", "1.5@3", "32@3/2/2", "३२@3", "9999999999@3", ":32@3", "32 3", "32@3;relu"],
)
def test_another_form_is_shown_the_form(text: str) -> None:
    with pytest.raises(SpecError) as error:
        read_block(text, DEFAULT)
    assert str(error.value) == (f"--conv must be FILTERS@KERNEL[/STRIDE][:WORD]…, as in 32@3 or 64@3/2:reflect:relu. Received: {text!r}.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("4@3:relo", "A word of --conv 4@3:relo must be a known name (did you mean 'relu' or 'relu6' or 'elu'?). Received: 'relo'."),
        ("4@3:", "A word of --conv 4@3: must be a name"),
        ("4@3:same:reflect", "--conv must name one padding per block. Received: '4@3:same:reflect', with same and reflect."),
        ("4@3:max:none", "one pooling per block"),
        ("4@3:relu:elu", "one activation per block"),
        ("4@3:norm:no-norm", "one batch norm per block"),
        ("4@3:dropout(0):dropout(0)", "one dropout per block"),
        ("4@3:dilation(1):dilation(2)", "one dilation per block"),
        ("4@3/2:dilation(2)", "a stride or a dilation, not both: Keras has no convolution with both. Received: stride 2, dilation 2."),
        ("0@3", f"--conv must have 1 to {MOST_FILTERS:,} filters. Received: '0@3'."),
        ("65537@3", "filters"),
        ("4@0", "--conv must have a kernel of 1 to 255. Received: '4@0'."),
        ("4@256", "a kernel of 1 to 255"),
        ("4@3/0", "a stride of 1 to 255"),
        ("4@3:constant", "must be written constant(value)"),
        ("4@3:dropout(1)", "share of dropout must be a number from 0 to 0.99"),
        ("4@3:dilation(0)", "distance of dilation must be a whole number from 1 to 255"),
        ("4@3:max(3/2)", "window of max must be a whole number"),
        ("4@3:max(2,2,full)", "padding of max must be valid or same"),
        ("4@3:same(1)", "must be written same, without arguments"),
    ],
)
def test_what_cannot_be_a_block_is_explained(text: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        read_block(text, DEFAULT)
    assert message in str(error.value)


@given(st.text("0123456789@/:()abcdefmnorx,.- ", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        block = read_block(text, DEFAULT)
    except SpecError:
        return
    assert block.filters >= 1 and block.kernel_size >= 1


def test_every_name_of_the_catalogue_is_a_word_and_none_means_two_things() -> None:
    names = [*catalog.PADDINGS, *catalog.ACTIVATIONS, *catalog.POOLINGS]
    assert set(names) <= set(WORDS) and len(names) == len(set(names))


def test_reach_and_step_count_gaps_and_touching_windows() -> None:
    assert (Block(1, 3, dilation=4).reach, Block(1, 1, dilation=4).reach) == (9, 1)
    assert (Block(1, 3, window=3).step, Block(1, 3, window=3, pool_stride=2).step) == (3, 2)


# The stack as a whole


def test_the_simple_form_is_one_block_per_number_of_filters() -> None:
    stack = ConvStack(
        filters="8,16", kernel_size=5, padding="constant(1)", pooling="gem(3,2,same)", activation="elu", batch_norm=False, dropout=0.25
    )
    first = Block(
        8,
        5,
        padding="constant",
        border=1.0,
        activation="elu",
        pooling="gem",
        window=3,
        batch_norm=False,
        dropout=0.25,
        pool_stride=2,
        pool_padding="same",
    )
    assert stack.blocks == (first, first._replace(filters=16))


def test_blocks_as_text_and_as_python_are_the_same() -> None:
    typed = ConvStack(conv=["32@3", "64@3/2:reflect:relu"])
    assert typed.blocks == (Block(32, 3, pooling="max"), Block(64, 3, 2, padding="reflect"))
    assert ConvStack(conv=typed.blocks).blocks == typed.blocks
    assert ConvStack(conv="32@3").blocks == ConvStack(conv=typed.blocks[0]).blocks == typed.blocks[:1]


def test_a_stack_may_have_no_blocks() -> None:
    assert ConvStack(filters=()).blocks == ()


@pytest.mark.parametrize("nothing", ["", " ", ","])
def test_filters_without_a_number_are_a_slip_and_not_a_stack_without_blocks(nothing: str) -> None:
    with pytest.raises(SpecError, match=r"ConvStack\.filters must name at least one number"):
        ConvStack(filters=nothing)


def test_a_stack_comes_back_from_what_a_run_keeps_of_it() -> None:
    for stack in (ConvStack(conv=("4@3", "8@5/2:causal")), ConvStack(filters="8,16", pooling="max(3,2)"), ConvStack(filters=())):
        assert ConvStack(**stack.typed()).blocks == ConvStack(**stack.resolved()).blocks == stack.blocks


def test_what_older_runs_say_still_holds() -> None:
    old = {
        "filters": [32, 64],
        "kernel_size": 3,
        "kernel_initializer": "orthogonal",
        "padding": "reflect",
        "pooling": "average",
        "activation": "relu",
        "batch_norm": True,
    }
    assert ConvStack(**old).blocks == tuple(Block(f, 3, padding="reflect", pooling="average") for f in (32, 64))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"conv": "4@3", "filters": (8,)}, "--filters must be left away. Received: both, with (8,)."),
        ({"conv": "4@3", "kernel_size": 5}, "--kernel-size must be left away"),
        ({"padding": "sme"}, "--padding must be a known name (did you mean 'same'"),
        ({"padding": "max"}, "--padding must be"),
        ({"padding": "constant"}, "--padding must be written constant(value)"),
        ({"pooling": "max(0)"}, "--pooling: window of max must be"),
        ({"pooling": "median"}, "--pooling must be"),
        ({"activation": "rellu"}, "--activation must be"),
        ({"dropout": 1}, "--dropout must be less than or equal to 0.99"),
        ({"channels": 2}, "--channels must be 1 or 3. Received: 2."),
        ({"first_layer": "canny"}, "--first-layer must be 'edges', 'sobel', 'gabor', 'blur' or 'sharpen'"),
        ({"conv": [3]}, "--conv must be"),
        ({"conv": 3}, "--conv must be"),
        ({"conv": "4@3:what"}, "A word of --conv 4@3:what"),
        ({"kernel_initializer": "truncated_normal(std=1)"}, "--kernel-initializer must be written"),
    ],
)
def test_a_stack_that_cannot_hold_says_which_flag(fields: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError) as error:
        ConvStack(**fields)
    assert message in error.value.typed


def test_stacks_and_their_layout_need_neither_keras_nor_numpy() -> None:
    code = (
        "import sys; from tltool.specs import ConvStack; from tltool.models.stack.shapes import lay_out_stack; "
        "lay_out_stack(ConvStack(first_layer='gabor', kernel_initializer='orthogonal(2)'), (64, 64, 3)); "
        "print(*{'keras', 'numpy', 'tensorflow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_read_blocks_reads_texts_before_numbers() -> None:
    assert read_blocks(["4@3"], [7], DEFAULT) == (DEFAULT._replace(filters=4),)
