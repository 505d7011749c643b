"""One question to a child: what it says comes back whether it ends well, hangs, or is taken down by native code."""

import threading
from typing import Any, NamedTuple

from tltool.models.processes.child import Child, Ended
from tltool.tensorflow_settings import QUIET
from tltool.wording import shown


class Answer(NamedTuple):
    """The objects that a child said, and how it ended otherwise than well: the end of a sentence that begins with it, or nothing."""

    said: list[dict[str, Any]]
    ended: str


def ask_child(module: str, seconds: float, *given: str) -> Answer:
    """Run ``python -m MODULE GIVEN…``, which answers objects, for at most ``seconds``."""
    try:
        child = Child(module, *given, **QUIET)
    except Ended as reason:
        return Answer([], f"could not be started: {reason}")
    late = threading.Event()

    def end() -> None:
        late.set()
        child.process.kill()

    clock = threading.Timer(seconds, end)
    clock.start()
    try:
        return _hear_out(child, late, f"did not answer within {seconds:g} s")
    finally:
        clock.cancel()
        child.close()


def _hear_out(child: Child, late: threading.Event, too_late: str) -> Answer:
    said: list[dict[str, Any]] = []
    try:
        while True:
            said.append(child.hear())
    except Ended as reason:
        code = child.process.poll()
        if late.is_set():
            return Answer(said, too_late)
        return Answer(said, "" if code == 0 else f"ended with {shown(reason)}")
