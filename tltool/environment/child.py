"""A question to a module in a process of its own: an answer comes back whether it answers, hangs, or takes the process down."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tltool.wording import shown

ROOT = str(Path(__file__).parents[2])
LAST_WORDS = 300  # characters


class Answer(NamedTuple):
    """What a child said, one object a line, and how it ended otherwise than well: the end of a sentence that begins with it, or nothing."""

    said: list[dict[str, Any]]
    ended: str


def ask_child(module: str, seconds: float, *given: str) -> Answer:
    """Run ``python -m MODULE GIVEN…``, which writes JSON objects to standard output, for at most ``seconds``."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (ROOT, os.environ.get("PYTHONPATH")))),
                   "TF_CPP_MIN_LOG_LEVEL": "3", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
    try:
        done = subprocess.run([sys.executable, "-P", "-m", module, *given], stdin=subprocess.DEVNULL, capture_output=True, env=environment,
                              timeout=seconds, check=False)
    except subprocess.TimeoutExpired as late:
        return Answer(list(_objects(late.stdout or b"")), f"did not answer within {seconds:g} s")
    except OSError as error:
        return Answer([], f"could not be started: {error.strerror}")
    return Answer(list(_objects(done.stdout)), _ending(done.returncode, done.stderr))


def _ending(code: int, errors: bytes) -> str:
    if not code:
        return ""
    if code < 0:
        return f"was ended by {_signal_name(-code)}"
    lines = errors.decode(errors="replace").strip().splitlines()
    return f"ended with {shown(lines[-1][:LAST_WORDS]) if lines else f'exit code {code}'}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _objects(text: bytes) -> Iterator[dict[str, Any]]:
    """The JSON objects among the lines of ``text``; the last line may be cut off, and compiled code may write others between."""
    for line in text.splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict):
            yield said
