"""Amounts and names as they stand in sentences."""

import pytest

from tltool.wording import counted, megabytes, quoted, shown


@pytest.mark.parametrize(("n", "noun", "said"), [(1, "photo", "1 photo"), (0, "photo", "0 photos"), (3781, "photo", "3,781 photos"),
                                                 (1, "class", "1 class"), (2, "class", "2 classes")])
def test_an_amount_agrees_with_its_noun(n: int, noun: str, said: str) -> None:
    assert counted(n, noun) == said


def test_a_name_cannot_change_the_terminal_or_break_the_line() -> None:
    assert shown("häT/靴.jpg") == "häT/靴.jpg"
    assert shown("a\nb\x1b[31m") == r"'a\nb\x1b[31m'"
    assert quoted("it's") == '"it\'s"' and quoted("a\nb") == r"'a\nb'"


@pytest.mark.parametrize(("count", "said"), [
    (0, "0 kB"), (4_096, "4 kB"), (1_234_567, "1.2 MB"), (9_960_000, "10 MB"), (569_000_000, "569 MB"), (999_600_000, "1.0 GB"),
    (1_200_000_000, "1.2 GB"),
])
def test_bytes_have_as_many_digits_as_people_want(count: int, said: str) -> None:
    assert megabytes(count) == said
