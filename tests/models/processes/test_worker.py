"""The worker: what it takes and gives, that whatever happens to it is told in a few words, and that it never outlives who started it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tltool.errors import SpecError
from tltool.models.processes import worker
from tltool.models.processes.child import Child
from tltool.models.processes.worker import Lost, call, working

ROOT = Path(__file__).parents[2]
SLEEP = 'call("time:sleep", 600)'
BUSY = 'call("re:match", "(a+)+$", "a" * 60 + "b")'  # in native code that lets no other Python run, for years


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that no other test wants to keep."""
    monkeypatch.setattr(worker, "_worker", worker._Worker())


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


# Tasks


def test_arrays_bytes_paths_and_plain_values_go_and_come_back() -> None:
    array = np.arange(12, dtype="uint8").reshape(2, 3, 2)
    np.testing.assert_array_equal(call("numpy:flip", array, 1), array[:, ::-1])
    assert call("numpy:flip", array).dtype == np.uint8
    assert call("operator:add", b"ab", b"\x00c") == b"ab\x00c"
    assert call("operator:truediv", Path("a"), "b") == Path("a/b")
    assert call("operator:getitem", {"ä": [1, 2.5, None]}, "ä") == [1, 2.5, None]


def test_an_array_is_a_file_mapped_into_memory_and_not_a_copy_that_went_through_a_pipe() -> None:
    assert call("builtins:repr", np.zeros(3)).startswith("memmap(")
    assert call("numpy:shape", np.zeros((0, 4, 4, 3), "uint8")) == [0, 4, 4, 3]


def test_the_users_error_is_raised_as_the_task_raised_it() -> None:
    with pytest.raises(SpecError, match=r"^thing must be one of b\. Received: 'a'\.$"):
        call("tltool.lookup:entry", "a", {"b": 1}, "thing")


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(RuntimeError, match=r"(?s)Traceback.*ZeroDivisionError: division by zero"):
        call("operator:truediv", 1, 0)


def test_nothing_that_is_written_past_python_reaches_the_terminal_or_the_answers(capfd: pytest.CaptureFixture[str]) -> None:
    assert [call("os:write", stream, b"noise\n") for stream in (1, 2)] == [6, 6]
    assert call("operator:add", 1, 1) == 2
    assert capfd.readouterr() == ("", "")


# One process


def test_one_process_does_all_tasks_of_a_block_and_is_gone_after_the_outermost(fresh: None) -> None:
    with working():
        first = call("os:getpid")
        with working():
            assert call("os:getpid") == first
        assert call("os:getpid") == first != os.getpid() and not is_gone(first)
    assert is_gone(first)
    assert is_gone(call("os:getpid"))  # outside a block it has a worker of its own


def test_a_block_without_tasks_starts_nothing(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "Child", lambda *_, **__: 1 / 0)
    with working():
        pass


@pytest.mark.parametrize(
    ("task", "given", "words"),
    [
        ("signal:raise_signal", (signal.SIGKILL,), "its process ended with SIGKILL"),
        ("signal:raise_signal", (signal.SIGSEGV,), "its process ended with SIGSEGV"),
        ("os:abort", (), "its process ended with SIGABRT"),
        ("sys:exit", ("first line\nit broke",), "its process ended with it broke"),
        ("os:_exit", (3,), "its process ended with exit code 3"),
        ("builtins:bytearray", (1 << 60,), "too little memory"),
        ("builtins:open", ("/dev/full/x",), "Not a directory"),
        ("tltool.lookup:locate", ("tltool.no_such_module:it",), r"No module named 'tltool\.no_such_module'"),
    ],
)
def test_whatever_ends_it_is_told_in_a_few_words_and_the_next_task_has_a_new_one(fresh: None, task: str, given: tuple, words: str) -> None:
    with working():
        before = call("os:getpid")
        with pytest.raises(Lost, match=f"^{words}$"):
            call(task, *given)
        assert is_gone(before) and call("os:getpid") != before


def test_no_room_for_what_is_given_is_told_as_well(fresh: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(Lost, match=r"^No such file or directory$"):
        call("os:getpid")


def test_no_process_is_left_where_waiting_for_it_is_interrupted(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(child: Child) -> None:
        raise KeyboardInterrupt

    with working():
        before = call("os:getpid")
        with monkeypatch.context() as patched:
            patched.setattr(Child, "hear", interrupted)
            with pytest.raises(KeyboardInterrupt):
                call("builtins:str", "the answer to another question")
        assert is_gone(before)
        assert call("builtins:str", "a") == "a"


def test_no_file_is_left(fresh: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with working():
        call("numpy:flip", np.zeros(3))
        with pytest.raises(Lost):
            call("sys:exit", np.zeros(3))
    assert list(tmp_path.iterdir()) == []


# Its parent


@contextmanager
def parent_of(work: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A command that has a worker do ``work``, in a terminal's place, and the worker's process, hard at it."""
    program = f"import sys; from tltool.models.processes.worker import call; from tltool.options import guarded\nguarded(lambda: {work})()"
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True) as parent:
        while not (found := list(filter(ignores_ctrl_c, children_of(parent.pid)))) and parent.poll() is None:
            time.sleep(0.05)
        yield parent, found[0]


def ignores_ctrl_c(pid: int) -> bool:
    """As a worker does once it has come as far as its work, and the shell that keeps the noise of its parent never does."""
    ignored = next(line.split()[1] for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigIgn"))
    return bool(int(ignored, 16) >> signal.SIGINT - 1 & 1)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in Linux's /proc")
@pytest.mark.parametrize("work", [SLEEP, BUSY])
def test_a_parent_that_is_killed_leaves_no_orphan(work: str) -> None:
    with parent_of(work) as (parent, child):
        time.sleep(0.3)
        parent.kill()
    late = time.monotonic() + 30
    while not is_gone(child) and time.monotonic() < late:
        time.sleep(0.05)
    assert is_gone(child)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in Linux's /proc")
def test_ctrl_c_ends_both_and_one_line_says_so() -> None:
    with parent_of(SLEEP) as (parent, child):
        os.killpg(parent.pid, signal.SIGINT)
        assert parent.communicate()[1] == "Interrupted. The same command can be given again.\n"
    assert parent.returncode == 130 and is_gone(child)
