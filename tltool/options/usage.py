"""Click commands whose sentences about wrong usage cannot do anything to a terminal: they quote what was typed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from tltool.wording import shown


class Command(click.Command):
    """A command, or with ``click.Group`` a group of them, in whose usage errors text from outside is shown."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with _errors_shown():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with _errors_shown():
            return super().invoke(ctx)


@contextmanager
def _errors_shown() -> Iterator[None]:
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise  # its message is the help, in lines
    except click.ClickException as error:
        error.message = shown(error.message or "")  # type: ignore[misc]  # final by name only
        raise
