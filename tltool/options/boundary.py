"""The one place where errors become exit codes, and results and sentences are put before people."""

import functools
import signal
import sys
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import click

from tltool import terminal
from tltool.errors import TltoolError
from tltool.progress import Table
from tltool.wording import shown


class Result(Protocol):
    """What a recipe returns: something that can be told to people and written for machines."""

    def said(self) -> Iterable[Table | str]:
        """Tables and lines for people."""

    def records(self) -> Iterable[dict[str, Any]]:
        """Objects for machines, one JSON line each."""


def present(result: Any, as_json: bool, as_csv: bool) -> None:
    """``result`` on standard output: for people, or as JSON or CSV.

    Raises:
        TltoolError: standard output does not take it.
    """
    try:
        if as_csv:
            terminal.tell_csv(result.csv())
        elif as_json:
            terminal.tell_json(result.records())
        else:
            terminal.tell(result.said())
    except BrokenPipeError:
        raise  # whoever reads has enough, and Click ends quietly
    except OSError as error:
        raise TltoolError(f"Standard output must take the result. Received: {error.strerror}.") from None


def guarded(callback: Callable[..., int | None]) -> Callable[..., None]:
    """``callback``, which returns an exit code, with its talk drawn on standard error and its errors as one sentence and an exit code."""

    @functools.wraps(callback)
    def run(**given: Any) -> None:
        heard: list[int] = []
        try:
            with terminal.drawing() as heard:
                code = callback(**given)
                if heard:
                    raise KeyboardInterrupt
        except TltoolError as error:
            click.echo(f"Error: {error.typed}", err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt as stop:
            click.echo(f"Interrupted. {shown(stop) or 'The same command can be given again.'}", err=True)
            sys.exit(128 + (heard[-1] if heard else signal.SIGINT))
        sys.exit(code)

    return run
