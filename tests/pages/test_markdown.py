"""Text from outside in Markdown shows itself and does nothing."""

import pytest

from tltool.pages.markdown import code, grid, matrix, plain
from tltool.progress import table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cat", "cat"),
        ("0.92 (0.8–0.9)", "0.92 (0.8–0.9)"),
        ("a|b", r"a\|b"),
        ("<img src=x>", r"\<img src=x\>"),
        ("[x](http://e.org) www.e.org", r"\[x\](http\://e.org) www\.e.org"),
        ("*a* _b_ ~c~ `d` #1 &amp; $x$ \\", r"\*a\* \_b\_ \~c\~ \`d\` \#1 \&amp; \$x\$ \\"),
        ("@all a@b", "@\u2060all a@\u2060b"),
    ],
)
def test_every_sign_that_means_something_is_only_shown(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(("text", "shown"), [("a b", "`a b`"), ("a`b", "``a`b``"), ("``a", "``` ``a ```"), ("", "``")])
def test_code_ends_where_its_text_does(text: str, shown: str) -> None:
    assert code(text) == shown


def test_a_name_adds_no_cell() -> None:
    assert grid(table("T|", ("a", "b"), [("x|y", 1)])).splitlines() == [r"**T\|**", "", "| a | b |", "| --- | --- |", r"| x\|y | 1 |"]
    assert matrix(["a", "b|"], [("a", [2, 0])]).splitlines()[0] == r"| is \\ called | a | b\| |"
