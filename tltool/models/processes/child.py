"""A Python process of our own that answers requests: how it is started, asked and ended, and what it does to be a good child.

Requests and answers are lines of JSON on its standard input and output. It never outlives whoever started it, it leaves signals from the
terminal to them, and what native code prints in it is heard only as its last words.
"""

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from tltool.tensorflow_settings import QUIET

ALONE = {"KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "", **QUIET}  # takes no GPU from its parent
LIFELINE = "TLTOOL_LIFELINE"  # names the pipe whose other end the parent holds as long as it lives
PATIENCE = 10  # seconds for a process that has stopped answering to end by itself
WORDS = 300  # characters of its last line


class Ended(Exception):
    """A child that ended before its time; the message says of what: a signal, its last line, its exit code, or why it never began."""


class Child:
    """``python -m module arguments`` with ``environment`` over our own, ended by ``close``. Raises ``Ended`` where it cannot begin."""

    def __init__(self, module: str, *arguments: str, **environment: str) -> None:
        path = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"))))
        command = [sys.executable, "-P", "-m", module, *arguments]
        with ExitStack() as undo:
            try:
                self.errors = undo.enter_context(tempfile.TemporaryFile())
                theirs, self.lifeline = os.pipe()
                undo.callback(os.close, self.lifeline)
                with os.fdopen(theirs):
                    self.process = subprocess.Popen(
                        command,
                        text=True,
                        encoding="utf-8",
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        stderr=self.errors,
                        pass_fds=(theirs,),
                        env={**os.environ, "PYTHONPATH": path, **environment, LIFELINE: str(theirs)},
                    )
            except OSError as error:
                raise Ended(error.strerror or str(error)) from None
            self.belongings = undo.pop_all()

    def ask(self, request: Any) -> Any:
        """The answer to ``request``, both anything JSON holds.

        Raises:
            Ended: instead of answering.
        """
        assert self.process.stdin
        try:
            self.process.stdin.write(f"{json.dumps(request)}\n")
            self.process.stdin.flush()
        except OSError:
            raise Ended(self._last_words()) from None
        return self.hear()

    def hear(self) -> Any:
        """The next thing it says. Raises ``Ended`` where it ends instead."""
        assert self.process.stdout
        try:
            return json.loads(self.process.stdout.readline())
        except (OSError, ValueError):
            raise Ended(self._last_words()) from None

    def close(self) -> None:
        """End it, whatever it is doing, and wait until it is gone."""
        self.process.kill()
        self.process.wait()
        self.belongings.close()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):  # what was still to be sent to it
                pipe.close()  # type: ignore[union-attr]

    def _last_words(self) -> str:
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            return "no answer"
        if code < 0:
            return signal.Signals(-code).name
        self.errors.seek(max(0, self.errors.seek(0, os.SEEK_END) - 4096))
        lines = self.errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1][:WORDS] if lines else f"exit code {code}"


@contextmanager
def serving() -> Iterator[tuple[Iterator[Any], Callable[[Any], object]]]:
    """The child's side: requests as they come, and what answers them. Whoever asked ends this process.

    Compiled code may write to standard output as it likes: that no longer is where answers go.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with(int(os.environ.pop(LIFELINE)))
    with suppress(OSError):  # where memory runs out, this process goes before the one that can tell of it
        Path("/proc/self/oom_score_adj").write_text("1000")
    with os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8") as answers:
        os.dup2(2, 1)
        yield map(json.loads, iter(sys.stdin.readline, "")), lambda said: answers.write(f"{json.dumps(said)}\n")


def _end_with(lifeline: int) -> None:
    """Have the system end this process, even within native code, when the parent's end of the pipe ``lifeline`` closes.

    Linux sends SIGIO then, which ends a process that does not listen. Elsewhere the end of standard input does, after the request.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:  # closed already
        os._exit(1)
