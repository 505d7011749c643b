"""Where a victim is attacked: a child process that answers one call after the other, watched from outside for time, memory and death."""

import json
import os
import select
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Self

MAX_SECONDS = 10.0
MAX_MEGABYTES = 700.0
TIRED_MEGABYTES = 2000.0  # resident after a call: what a thousand calls left behind counts against none of them
KILL_MEGABYTES = 4000.0  # resident; beyond it the victim is ended before the machine is
SURVIVED = ("accepted", "refused")


class Verdict(NamedTuple):
    """How a call ended: ``accepted``, ``refused`` (by one sentence), or one of the ways to lose: ``traceback``, ``crash``, ``hang``,
    ``memory``, ``escape`` (a control character reached the screen), ``canary`` (a file was written that hostile code would write),
    ``changed`` (something is not as it was, or not as it must be), ``opened`` (what must be refused was not)."""

    outcome: str
    detail: str = ""
    seconds: float = 0.0
    megabytes: float = 0.0  # at most at once, beyond what the victim held before

    @property
    def survived(self) -> bool:
        return self.outcome in SURVIVED


class Case(NamedTuple):
    """One thing that was tried: ``name`` says what, of which ``kind``, and how to make it again."""

    kind: str
    name: str
    verdict: Verdict


class Victim:
    """A living child process, started anew after it was ended.

    Args:
        ground: the folder the victim works in; a file CANARY* that appears in it is a lost fight.
        seconds, megabytes: most that one call may take.
    """

    def __init__(self, ground: Path, seconds: float = MAX_SECONDS, megabytes: float = MAX_MEGABYTES, **environment: str) -> None:
        self.ground, self.seconds, self.megabytes = ground, seconds, megabytes
        self._environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TLTOOL_CACHE": str(ground / "cache"), **environment}
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.ground.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def call(self, function: str, *args: Any) -> Verdict:
        """The verdict on ``function`` ("module:name") called with ``args``, which JSON can say."""
        child, started = self._child or self._start(), time.monotonic()
        assert child.stdin is not None
        try:
            child.stdin.write(json.dumps([function, args]).encode() + b"\n")
            child.stdin.flush()
        except BrokenPipeError:
            return self._lost("crash", "the victim was dead before the call", started)
        return self._canaries(self._wait(child, started))

    def _wait(self, child: "subprocess.Popen[bytes]", started: float) -> Verdict:
        assert child.stdout is not None
        while not select.select([child.stdout], [], [], 0.05)[0]:
            if time.monotonic() - started > self.seconds + 2:  # the victim's own clock is the judge of calls that end
                return self._lost("hang", f"no answer within {self.seconds:g} s", started)
            if _megabytes(child.pid, "VmRSS") > KILL_MEGABYTES:
                return self._lost("memory", f"over {KILL_MEGABYTES:g} MB", started)
        line = child.stdout.readline()
        if not line:
            return self._lost("crash", f"ended by {child.wait()}", started)
        verdict = Verdict(*json.loads(line))
        if _megabytes(child.pid, "VmRSS") > TIRED_MEGABYTES:
            self._end()
        if not verdict.survived:
            return verdict
        if verdict.seconds > self.seconds:
            return verdict._replace(outcome="hang")
        return verdict._replace(outcome="memory") if verdict.megabytes > self.megabytes else verdict

    def _canaries(self, verdict: Verdict) -> Verdict:
        found = sorted(path.name for path in self.ground.glob("**/CANARY*"))
        for path in self.ground.glob("**/CANARY*"):
            path.unlink()
        return verdict._replace(outcome="canary", detail=", ".join(found)) if found else verdict

    def _start(self) -> "subprocess.Popen[bytes]":
        self._child = subprocess.Popen(
            [sys.executable, "-m", "attacks.victim"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environment,
            cwd=Path(__file__).parents[1],
        )
        return self._child

    def _lost(self, outcome: str, detail: str, started: float) -> Verdict:
        self._end()
        return Verdict(outcome, detail, time.monotonic() - started)

    def _end(self) -> None:
        if self._child:
            with suppress(ProcessLookupError):
                self._child.kill()
            self._child.wait()
        self._child = None


def _megabytes(pid: int, name: str) -> float:
    """A line of /proc/PID/status in MB; 0 of a process that is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1024
    return 0.0
