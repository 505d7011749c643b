"""What was typed wrongly stands in the sentence about it and does nothing to the terminal."""

import click
import pytest
from click.testing import CliRunner

from tltool.options.usage import Command

EVIL = "\x1b]0;title\x07"


class Group(Command, click.Group):
    """A group of one command that finds its own usage error."""


@click.command(cls=Command)
@click.option("--size", type=int)
@click.argument("name", required=False)
def inner(size: int | None, name: str | None) -> None:
    raise click.UsageError(f"{name} will not do.")


@pytest.mark.parametrize("typed", [[f"--{EVIL}"], [f"--size={EVIL}"], ["a", EVIL], [EVIL]])
@pytest.mark.parametrize("within", [False, True])
def test_a_usage_error_shows_what_was_typed(typed: list[str], within: bool) -> None:
    done = CliRunner().invoke(Group("outer", commands={"inner": inner}) if within else inner, [*["inner"] * within, *typed])
    assert done.exit_code == 2 and "\x1b" not in done.output and r"\x1b]0;title\x07" in done.output


def test_an_unknown_command_is_shown() -> None:
    done = CliRunner().invoke(Group("outer", commands={"inner": inner}), [EVIL])
    assert done.exit_code == 2 and "\x1b" not in done.output


def test_an_error_without_a_sentence_of_its_own_keeps_click_s() -> None:
    needy = Command("needy", params=[click.Argument(["name"])])
    assert "Missing argument 'NAME'" in CliRunner().invoke(needy, []).output


def test_a_group_without_a_command_gives_its_help_line_by_line() -> None:
    group = Group("outer", commands={"inner": inner}, help="What it does.\n\nWhere to begin.")
    assert CliRunner().invoke(group, []).output == CliRunner().invoke(group, ["--help"]).output
