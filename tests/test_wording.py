"""Amounts and names as they stand in sentences."""

import pytest

from tltool.wording import counted, described, in_python, megabytes, quoted, shown


@pytest.mark.parametrize(
    ("n", "noun", "said"),
    [
        (1, "photo", "1 photo"),
        (0, "photo", "0 photos"),
        (3781, "photo", "3,781 photos"),
        (1, "class", "1 class"),
        (2, "class", "2 classes"),
    ],
)
def test_an_amount_agrees_with_its_noun(n: int, noun: str, said: str) -> None:
    assert counted(n, noun) == said


def test_a_name_cannot_change_the_terminal_or_break_the_line() -> None:
    assert shown("häT/靴.jpg") == "häT/靴.jpg"
    assert shown("a\nb\x1b[31m") == r"a\nb\x1b[31m"
    assert quoted("it's") == '"it\'s"' and quoted("a\nb") == r"'a\nb'"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("a\tb\rc", r"a\tb\rc"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("\u2066a\u2069", r"\u2066a\u2069"),
        ("a\u2028b", r"a\u2028b"),
        ("\ud800", r"\ud800"),
        ("caf\udce9.jpg", r"caf\xe9.jpg"),
        ("\U000e0041", r"\U000e0041"),
        ("ca\u200dt", r"ca\u200dt"),
        ("\u200d", r"\u200d"),
        ("\ufeffa", r"\ufeffa"),
    ],
)
def test_what_acts_or_is_unseen_is_escaped(text: str, seen: str) -> None:
    assert shown(text) == seen and shown(seen) == seen


@pytest.mark.parametrize(
    "text",
    [
        "写真\u30001.jpg",
        "n\xb0\xa05",
        "می\u200cخواهم",
        "👩\u200d👧",
        "👩🏽\u200d🔬",
        "❤\ufe0f\u200d🔥",
        "क\u094d\u200dष",
        r"a\b",
        "[red]x[/]",
    ],
)
def test_what_can_be_seen_stays(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 kB"),
        (4_096, "4 kB"),
        (1_234_567, "1.2 MB"),
        (9_960_000, "10 MB"),
        (569_000_000, "569 MB"),
        (999_600_000, "1.0 GB"),
        (1_200_000_000, "1.2 GB"),
    ],
)
def test_bytes_have_as_many_digits_as_people_want(count: int, said: str) -> None:
    assert megabytes(count) == said


@pytest.mark.parametrize(
    ("message", "spoken"),
    [
        ("--learning-rate must be less. Take another --out.", "Training.learning_rate must be less. Take another out."),
        ("--no-flip and --head-dropout", "Training.flip=False and --head-dropout"),
        ("Run `tltool cache --out x`, or --out.", "Run `tltool cache --out x`, or out."),
        ("Resume with: tltool finetune --out runs/a.b. Or --out", "Resume with: tltool finetune --out runs/a.b. Or out"),
        ("a--out, --out-of-reach, ---out", "a--out, --out-of-reach, ---out"),
    ],
)
def test_flags_are_called_as_python_calls_them_but_for_whole_commands(message: str, spoken: str) -> None:
    assert in_python(message, {"learning-rate": "Training.learning_rate", "flip": "Training.flip", "out": "out"}) == spoken


def test_a_short_value_is_told_and_a_long_one_is_named() -> None:
    assert [described(value) for value in (3, "a", None, (1, 2), int)] == ["3", "'a'", "None", "(1, 2)", "the class int"]
    assert described("x" * 99) == "a value of the type str"
    assert described(pytest) == "a value of the type module"
    assert described("\x1b]0;owned\x07") == r"'\x1b]0;owned\x07'"
