"""A name with arguments, as typed: read without running anything, and checked against its table."""

import math
from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from tltool import catalog
from tltool.calls import read_call, read_initializer
from tltool.catalog import REQUIRED, Argument, Signature
from tltool.errors import SpecError

TABLE: dict[str, Signature] = {
    "plain": {},
    "sized": {"side": Argument(REQUIRED, int, 1, 9), "share": Argument(0.5, float, 0, 1), "mode": Argument("a", str, choices=("a", "b"))},
}


def read(text: str) -> tuple[str, dict[str, object]]:
    return tuple(read_call(text, TABLE, "--flag"))


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("plain", "plain", {}),
        (" plain ", "plain", {}),
        ("plain()", "plain", {}),
        ("sized(3)", "sized", {"side": 3, "share": 0.5, "mode": "a"}),
        ("sized(3, 1)", "sized", {"side": 3, "share": 1.0, "mode": "a"}),
        ("sized(share=1e-1, side=3)", "sized", {"side": 3, "share": 0.1, "mode": "a"}),
        ("sized(3, mode=b)", "sized", {"side": 3, "share": 0.5, "mode": "b"}),
        ("sized ( 3, mode = 'b' )", "sized", {"side": 3, "share": 0.5, "mode": "b"}),
    ],
)
def test_arguments_come_by_place_or_by_name_and_words_need_no_quotes(text: str, name: str, arguments: dict[str, object]) -> None:
    assert read(text) == (name, arguments)
    assert type(read(text)[1].get("share", 0.0)) is float


@pytest.mark.parametrize(
    "text",
    [
        "sized",
        "sized()",
        "sized(share=1)",
        "sized(1, side=2)",
        "sized(side=1, side=2)",
        "sized(1, hue=2)",
        "sized(1, 1, a, 1)",
        "sized(**{'side': 1})",
        "sized(1))",
        "sized(1), plain(",
        "sized(1;2)",
        "sized(\x00)",
    ],
)
def test_what_is_no_list_of_its_arguments_is_shown_how_to_write_it(text: str) -> None:
    with pytest.raises(SpecError) as error:
        read(text)
    assert str(error.value).startswith(("--flag must be written sized(side, share=0.5, mode=a). Received:", "--flag must be a name"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("sized(0)", "side of sized must be a whole number from 1 to 9"),
        ("sized(10)", "from 1 to 9"),
        ("sized(3.0)", "a whole number"),
        ("sized(True)", "a whole number"),
        ("sized(x)", "a whole number"),
        ("sized(1+1)", "a whole number"),
        ("sized([1])", "a whole number"),
        ("sized(*[1])", "a whole number"),
        ("sized((side:=1))", "a whole number"),
        ("sized(1 for i in plain)", "a whole number"),
        ("sized(1, 1.5)", "share of sized must be a number from 0 to 1"),
        ("sized(1, 1e999)", "a number"),
        ("sized(1, nan)", "a number"),
        ("sized(1, -0.1)", "a number"),
        ("sized(1, 1j)", "a number"),
        ("sized(1, None)", "a number"),
        ("sized(1, mode=c)", "mode of sized must be a or b"),
        ("sized(1, mode=1)", "must be a or b"),
        ("sized(__import__('os').getcwd())", "a whole number"),
        ("sized((lambda: 1)())", "a whole number"),
    ],
)
def test_a_value_that_does_not_hold_is_refused_and_nothing_is_run(text: str, wanted: str) -> None:
    with pytest.raises(SpecError) as error:
        read(text)
    assert wanted in str(error.value) and str(error.value).startswith("--flag: ") and str(error.value).endswith(f"Received: {text!r}.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "plain(",
        "plain)",
        "(1)",
        "plain plain",
        "plain(1)(2)x",
        "a.b",
        "plain\n(1",
        "plain" * 100,
        "sized(" + "(" * 300 + ")" * 300 + ")",
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match=r"--flag must be (a name, alone or with arguments in brackets|one of|written)") as error:
        read(text)
    assert len(str(error.value)) < 400


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_in_one_sentence(text: str) -> None:
    for typed in (text, f"sized({text})", f"sized(1, {text}"):
        with suppress(SpecError):
            read(typed)


@given(st.integers(1, 9), st.floats(0, 1))
def test_what_python_writes_is_read_back(side: int, share: float) -> None:
    assert read(f"sized({side}, share={share!r})")[1] == {"side": side, "share": share, "mode": "a"}


# Initializers


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("truncated_normal(stddev=0.02)", {"mean": 0.0, "stddev": 0.02}),
        ("orthogonal(1.4)", {"gain": 1.4}),
        ("constant(-1)", {"value": -1.0}),
        ("variance_scaling(2, fan_avg, distribution=uniform)", {"scale": 2.0, "mode": "fan_avg", "distribution": "uniform"}),
        ("random_uniform(0, 0)", {"minval": 0.0, "maxval": 0.0}),
        ("he_normal", {}),
        ("zeros()", {}),
    ],
)
def test_initializers_take_the_arguments_that_keras_gives_them(text: str, arguments: dict[str, object]) -> None:
    assert read_initializer(text, "--kernel-initializer").arguments == arguments


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("he_normal(seed=3)", "must be written he_normal, without arguments. Received: 'he_normal(seed=3)'. A seed comes from --seed"),
        ("truncated_normal(std=1)", "must be written truncated_normal(mean=0.0, stddev=0.05). Received"),
        ("random_normal(stddev=-1)", "stddev of random_normal must be a number from 0 up"),
        ("variance_scaling(0)", "scale of variance_scaling must be a number from 1e-09 up"),
        ("variance_scaling(mode=fan)", "mode of variance_scaling must be fan_in or fan_out or fan_avg"),
        ("random_uniform(1, 0)", "minval of random_uniform must be at most maxval"),
        ("identity", "must be one of constant, glorot_normal"),
        ("he_norml", "did you mean 'he_normal'"),
    ],
)
def test_what_an_initializer_does_not_take_is_explained(text: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        read_initializer(text, "--kernel-initializer")
    assert message in str(error.value) and str(error.value).startswith("--kernel-initializer")


def test_every_initializer_of_the_catalogue_has_its_arguments_and_every_default_holds() -> None:
    assert list(catalog.INITIALIZER_ARGUMENTS) == list(catalog.INITIALIZERS)
    for name, signature in catalog.INITIALIZER_ARGUMENTS.items():
        typed = ", ".join(f"{argument}={spec.default}" for argument, spec in signature.items())
        assert read_initializer(f"{name}({typed})", "x") == read_initializer(name, "x")
        assert all(math.isfinite(spec.default) for spec in signature.values() if spec.kind is float)
