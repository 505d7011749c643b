"""The one place where errors become exit codes, and results and sentences are put before people."""

import errno
import functools
import os
import signal
import sys
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from tltool import terminal
from tltool.errors import TltoolError
from tltool.progress import Table
from tltool.wording import quoted, shown

REFUSED = (errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP, errno.EROFS, errno.EIO, errno.ESTALE)  # of a file or a folder


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
    terminal.settle()
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
            terminal.complain(f"Error: {error.typed}")
            sys.exit(error.exit_code)
        except (MemoryError, OSError, ImportError) as error:
            if not (refusal := _refusal(error)):
                raise
            terminal.complain(f"Error: {refusal}")
            sys.exit(TltoolError.exit_code)
        except KeyboardInterrupt as stop:
            terminal.complain(f"Interrupted. {shown(stop) or 'The same command can be given again.'}")
            sys.exit(128 + (heard[-1] if heard else signal.SIGINT))
        sys.exit(code)

    return run


def _refusal(error: Exception) -> str:
    """What the system would not give, as a sentence; ``""`` where the error is none of that, but a bug."""
    if isinstance(error, MemoryError) or (isinstance(error, ImportError) and "map segment" in str(error)):
        return (
            "There must be more memory. Received: all of it is used. Close other programs, raise the limit (ulimit -v), or ask for "
            "less: a smaller --size or --batch-size."
        )
    if isinstance(error, OSError) and error.errno in REFUSED and error.filename is not None:
        return (
            f"Files and folders must be such that they can be used. Received: {quoted(os.fspath(error.filename))} ({error.strerror}). "
            "Change its rights, or name another."
        )
    return ""
