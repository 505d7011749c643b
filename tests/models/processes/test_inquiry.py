"""A question to another process is answered, whatever becomes of it."""

import sys
from pathlib import Path

import pytest

from tltool.models.processes.inquiry import ask_child


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Ask a module of this code."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def ask(code: str, seconds: float = 30.0):  # type: ignore[no-untyped-def]
        (tmp_path / "asked.py").write_text(f"from tltool.models.processes.child import serving\nwith serving() as (_, answer):\n    {code}")
        return ask_child("asked", seconds)

    return ask


def test_every_object_is_an_answer_and_what_is_printed_is_none(child) -> None:
    assert child("""answer({"a": 1}); print('noise'); answer({"b": 2})""") == ([{"a": 1}, {"b": 2}], "")


@pytest.mark.parametrize(
    ("code", "ended"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended with SIGSEGV"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", "ended with SIGILL"),
        ("raise ImportError('libfoo.so.1\\x1b]0;title')", "ended with ImportError: libfoo.so.1\\x1b]0;title"),
        ("raise SystemExit(7)", "ended with exit code 7"),
    ],
)
def test_an_end_that_is_no_good_one_is_said_with_what_was_answered_before(child, code: str, ended: str) -> None:
    assert child(f"answer({{'stage': 1}}); {code}") == ([{"stage": 1}], ended)


def test_a_process_that_hangs_is_ended(child) -> None:
    assert child("import time; answer({'stage': 1}); time.sleep(60)", 2).ended == "did not answer within 2 s"


def test_a_python_that_is_not_there_is_said(child, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert child("") == ([], "could not be started: No such file or directory")
