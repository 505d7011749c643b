"""The child process: reads calls from standard input, makes them, and says how each ended and what it took."""

import importlib
import io
import json
import os
import time
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from tltool.errors import TltoolError

HARMLESS = frozenset("\n\t\r")


def main() -> None:
    calls, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what is printed past the answers is nobody's
    for line in calls:
        function, args = json.loads(line)
        module, _, name = function.partition(":")
        called = getattr(importlib.import_module(module), name)
        print(json.dumps(judged(called, args)), file=answers, flush=True)


def judged(called: Callable[..., Any], args: list[Any]) -> tuple[str, str, float, float]:
    """Outcome, detail, seconds, and megabytes at most beyond those before the call."""
    before, started = reset_peak(), time.monotonic()
    try:
        outcome, detail = "accepted", str(called(*args) or "")
    except TltoolError as error:
        outcome, detail = "refused", str(error)
    except Lost as error:
        outcome, detail = error.outcome, str(error)
    except (SystemExit, Exception) as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        outcome, detail = "traceback", f"{type(error).__name__}: {str(error)[:200]} at {Path(last.filename).name}:{last.lineno}"
    return outcome, detail[:2000], round(time.monotonic() - started, 3), round(peak() - before, 1)


class Lost(Exception):
    """A call that ended in a way that no exception of its own shows."""

    def __init__(self, outcome: str, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome


def answer(args: list[str]) -> str:
    """What ``tltool ARGS`` printed on standard output; raises as ``command`` does."""
    return command(args, talk=False)


def command(args: list[str], talk: bool = True) -> str:
    """``tltool ARGS`` in this process; what it said, with or without the talk on standard error.

    Raises:
        TltoolError: it said one sentence and an exit code of its own.
        Lost: a traceback, another exit code, or a control character on the screen.
    """
    import click

    from tltool.cli.main import tltool

    said, told, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(said), redirect_stderr(told):
        try:
            tltool.main(args, prog_name="tltool", standalone_mode=False)
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        except click.exceptions.Exit as error:
            code = error.exit_code
        except click.ClickException as error:
            error.show(told)
            code = error.exit_code
    text = said.getvalue() + told.getvalue()
    if controls := sorted({character for character in text if not character.isprintable() and character not in HARMLESS}):
        raise Lost("escape", f"{controls} in the output of {' '.join(args[:2])}")
    if "Traceback (most recent call last)" in text or code not in (0, 1, 2, 3):
        raise Lost("traceback", f"exit code {code}: {text[-1500:]}")
    if code:
        raise TltoolError(text.strip())
    return text if talk else said.getvalue()


def reset_peak() -> float:
    """Forget the highest memory so far; megabytes that are held now."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak() -> float:
    return int(next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


if __name__ == "__main__":
    main()
