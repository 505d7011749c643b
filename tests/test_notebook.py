"""In a notebook a recipe is seen at work: plain lines, and one line in place for what is counted."""

import logging
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tltool import notebook
from tltool.progress import log, say, show, step, table, track, warn


class Handle:
    """What IPython gives for a display that can change."""

    def __init__(self, shown: dict[str, str]) -> None:
        self.seen = [shown["text/plain"]]

    def update(self, shown: dict[str, str], raw: bool) -> None:
        self.seen.append(shown["text/plain"])


@pytest.fixture
def displays(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Handle]]:
    """A notebook's kernel, and every display it was asked for."""
    made: list[Handle] = []
    cell[0] = 1

    def display(shown: dict[str, str], raw: bool, display_id: bool) -> Handle:
        made.append(Handle(shown))
        return made[-1]

    shell, inner = ModuleType("IPython"), ModuleType("IPython.display")
    shell.get_ipython, inner.display = lambda: SimpleNamespace(kernel=object(), execution_count=cell[0]), display  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", shell)
    monkeypatch.setitem(sys.modules, "IPython.display", inner)
    before = log.level, log.propagate
    monkeypatch.setattr(log, "handlers", [])
    yield made
    log.level, log.propagate = before


cell = [1]  # the number that a notebook gives to each cell it runs


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(notebook.time, "monotonic", lambda: now[0])
    return now


def test_lines_warnings_and_tables_are_printed_without_control_characters(
    displays: list[Handle], capsys: pytest.CaptureFixture[str]
) -> None:
    say("Device: CPU")
    warn("one photo is left out")
    show(table("Plan", ["a"], [["b"]]))
    out, err = capsys.readouterr()
    assert (out, err) == ("Device: CPU\nWarning: one photo is left out\nPlan\na\nb\n", "") and displays == []


def test_counted_work_has_one_line_that_moves_and_stays_as_its_result(
    displays: list[Handle], clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    for done in range(0, 101, 10):
        clock[0] = 100.0 + done / 5
        step("fine-tuning", done, 100, note=f"epoch 1 of 2, loss 0.5, {done} photos/s")
    (shown,) = displays
    assert shown.seen[0].startswith("fine-tuning: 0/100 photos") and capsys.readouterr().out == ""
    assert shown.seen[5] == "fine-tuning  ██████████░░░░░░░░░░  50/100 photos  epoch 1 of 2, loss 0.5, 50 photos/s  0:10 left"
    assert shown.seen[-1] == "fine-tuning: 100/100 photos, epoch 1 of 2, loss 0.5, 100 photos/s, 20 s"
    step("fine-tuning", 1, 2)
    assert len(displays) == 2


def test_a_line_moves_no_faster_than_people_read(displays: list[Handle], clock: list[float]) -> None:
    for _ in track(range(1000), "decoding", 1000):
        clock[0] += 0.001
    assert len(displays) == 1 and len(displays[0].seen) == 3


def test_what_goes_on_counts_its_time_from_where_it_began(displays: list[Handle], clock: list[float]) -> None:
    step("training", 60, 100)
    clock[0] += 10
    step("training", 80, 100)
    assert displays[0].seen[-1].endswith("80/100 photos  0:10 left")
    clock[0] += 7200
    step("training", 81, 100)
    assert displays[0].seen[-1].endswith("81/100 photos  1:48:43 left")


def test_what_was_interrupted_stays_below_its_own_cell(displays: list[Handle]) -> None:
    step("training", 60, 100)
    cell[0] = 2
    step("training", 80, 100)
    step("training", 100, 100)
    assert [shown.seen[-1].partition(",")[0] for shown in displays] == ["training: 60/100 photos", "training: 100/100 photos"]


def test_who_listens_already_is_not_disturbed(displays: list[Handle], capsys: pytest.CaptureFixture[str]) -> None:
    theirs = logging.NullHandler()
    log.addHandler(theirs)
    step("decoding", 1, 2)
    say("reading")
    assert log.handlers == [theirs] and displays == [] and capsys.readouterr().out == ""


@pytest.mark.parametrize("shell", [None, SimpleNamespace()])
def test_a_script_and_a_terminal_are_no_notebook(
    displays: list[Handle], monkeypatch: pytest.MonkeyPatch, shell: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: shell)
    say("reading")
    assert log.handlers == [] and capsys.readouterr().out == ""
