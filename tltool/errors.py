"""Every error a user can cause, as one tree.

    TltoolError                        exit code 1
    ├── SpecError   (also ValueError)  a wish that cannot hold: a name, a number, a combination
    ├── DataError   (also ValueError)  photos that cannot be used
    ├── WeightsError                   weights that cannot be had or do not fit
    ├── RunError                       a run folder that is missing, unfinished, foreign or in the way
    ├── ExportError                    a model that cannot be written in the wanted form
    ├── RenamedError (also ImportError) a program that asks for a name of an earlier version
    └── GateError                      exit code 3: a limit the user set was missed

A message says what must hold, what was received, and what to do. Anything else that escapes is a bug and keeps its traceback.
"""

from typing import Any

from tltool.wording import shown


class TltoolError(Exception):
    """Something the user can mend; its message is the whole explanation, one line that a terminal can only show.

    Messages are written in the words of the command line (``--head-dropout``), and stay in them as ``typed``; where Python calls things
    by other names (``Head.dropout``), the door through which the call came says so with ``say_in_python``.
    """

    exit_code = 1
    args: tuple[Any, ...]
    _typed: str | None = None

    def __init__(self, *message: object) -> None:
        super().__init__(*map(shown, message))

    @property
    def typed(self) -> str:
        """The message for the command line."""
        return str(self) if self._typed is None else self._typed

    def say_in_python(self, message: str) -> None:
        """Take ``message`` as what Python is told, unless it is only what was typed."""
        typed = self.typed
        if message != typed:
            self._typed, self.args = typed, (message, *self.args[1:])


class SpecError(TltoolError, ValueError):
    """A wish that cannot hold: an unknown name, a number out of range, two options that exclude each other."""


class DataError(TltoolError, ValueError):
    """Photos that cannot be used: a missing folder, one class only, a class without a readable photo."""


class WeightsError(TltoolError):
    """Weights that cannot be downloaded, are damaged, or do not fit the backbone."""


class RunError(TltoolError):
    """A run folder that is missing, unfinished, of another kind, or in the way of a new one."""


class ExportError(TltoolError):
    """A model that cannot be written in the wanted form, or an artefact that would be overwritten."""


class RenamedError(TltoolError, ImportError):
    """A program asks for a name that an earlier version had; the message says what it is called now."""


class GateError(TltoolError):
    """A limit the user set, such as ``--min-score``, was missed; ``result`` is what the recipe made all the same."""

    exit_code = 3

    def __init__(self, message: str, result: object = None) -> None:
        super().__init__(message)
        self.result = result
