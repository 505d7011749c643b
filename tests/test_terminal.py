"""Plain lines for logs, bars for terminals, and the noise of C++ code only where it helps."""

import io
import json
import logging
import os
import re
import subprocess
import sys

import pytest
from emulator import Ended, run_in_terminal

from tltool import terminal
from tltool.progress import log, say, show, step, table, warn
from tltool.terminal import Bars, Lines, drawing, tell


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(terminal.time, "monotonic", lambda: now[0])
    return now


def run(code: str) -> subprocess.CompletedProcess[str]:
    begin = (
        "import os, sys, json\nfrom tltool.errors import DataError\nfrom tltool.progress import say\n"
        "from tltool.terminal import drawing, tell\n"
    )
    return subprocess.run([sys.executable, "-c", begin + code], capture_output=True, text=True, check=False)


def test_plain_lines_go_to_standard_error_without_carriage_returns(capsys: pytest.CaptureFixture[str]) -> None:
    with drawing():
        say("reading")
        warn("one photo is left out")
        for done in range(4):
            step("decoding", done, 3)
        show(table("Plan", ["a"], [["b"]]))
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "reading\nWarning: one photo is left out\ndecoding: 3/3 photos\nPlan\na\nb\n"


def test_plain_lines_of_long_work_come_at_most_every_fifteen_seconds(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with drawing():
        for second in range(60):
            clock[0] = 100.0 + second
            step("decoding", second, 100)
            step("hashing", second, 100)
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if "decoding" in line] == [f"decoding: {second}/100 photos" for second in (15, 30, 45)]
    assert len(lines) == 6


def test_a_milestone_need_not_wait_as_long(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with drawing():
        for second in range(6):
            clock[0] = 100.0 + second
            step("training", second, 100, "epochs", milestone=True)
    assert capsys.readouterr().err.splitlines() == ["training: 2/100 epochs", "training: 4/100 epochs"]


def test_a_terminal_gets_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    with drawing():
        assert isinstance(log.handlers[-1], Bars)
        step("decoding", 1, 3)
        step("decoding", 3, 3)
    assert "3/3" in screen.getvalue()


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("JPY_PARENT_PID", "123")])
def test_where_the_cursor_cannot_move_there_are_plain_lines(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setattr(sys, "stderr", screen := Screen())
    monkeypatch.setenv(name, value)
    with drawing():
        for done in range(4):
            step("decoding", done, 3)
    assert screen.getvalue() == "decoding: 3/3 photos\n"


def on_a_screen(code: str, columns: int) -> Ended:
    begin = "import time\nfrom tltool.progress import *\nfrom tltool.terminal import drawing, settle, tell\n"
    return run_in_terminal([sys.executable, "-c", begin + code], columns, {"PYTHONPATH": os.pathsep.join(sys.path)})


def test_on_a_real_terminal_a_bar_tells_the_rate_the_loss_and_the_time_left() -> None:
    code = (
        "with drawing():\n"
        "  for i in range(8):\n    step('fine-tuning', 100 * i, 840, note='epoch 2 of 6, loss 1.055, 2100 photos/s')\n"
        "    time.sleep(0.15)\n"
        "  step('fine-tuning', 840, 840, note='6 epochs')\n"
    )
    ended = on_a_screen(code, 80)
    assert ended.code == 0
    assert any(
        re.search(r"fine-tuning ━+.* \d00/840 epoch 2 of 6, loss 1\.055, 2100 photos/s 0:0\d:\d\d$", frame) for frame in ended.frames
    )
    assert max(map(len, ended.frames)) <= 80
    assert len(ended.lines) == 1 and ended.lines[0].startswith("fine-tuning: 840/840 photos, 6 epochs, ")


@pytest.mark.parametrize("columns", [80, 100, 120])
def test_a_bar_keeps_its_numbers_however_long_they_are(columns: int) -> None:
    code = (
        "with drawing():\n"
        "  for i in range(4):\n    step('fine-tuning', 10_000 * i, 103_140, note='epoch 12 of 30, loss 1.055, 12100 photos/s')\n"
        "    time.sleep(0.15)\n"
    )
    bars = [frame for frame in on_a_screen(code, columns).frames if "/103140" in frame and "epoch" in frame]
    assert bars and all("epoch 12 of 30, loss 1.055, 12100 photos/s" in bar and "…" not in bar for bar in bars)


@pytest.mark.parametrize("columns", [80, 100, 120])
def test_work_that_never_ends_takes_nothing_of_the_result_away(columns: int) -> None:
    code = (
        "with drawing():\n"
        "  for i in range(3):\n    step('computing features', 32 * i, 291)\n    time.sleep(0.15)\n"
        "  say('The head is solved.')\n  settle()\n"
        "  tell([table('Test photos', ['class', 'photos'], [['hat', 5]]), 'Accuracy', 'Next: go on'])\n"
    )
    ended = on_a_screen(code, columns)
    assert (ended.code, [line.strip() for line in ended.lines if line and "─" not in line]) == (
        0,
        ["The head is solved.", "Test photos", "class   photos", "hat          5", "Accuracy", "Next: go on"],
    )


@pytest.mark.parametrize("columns", [80, 100, 120])
def test_lines_are_broken_at_spaces_on_both_streams(columns: int) -> None:
    said = "Fine-tuning goes on: tltool check photos --report check.html --write-clean clean.csv " * 3
    words = on_a_screen(f"with drawing():\n  say({said!r}); warn({said!r}); settle(); tell([{said!r}])", columns).text.split()
    assert words == [*said.split(), "Warning:", *said.split(), *said.split()]


@pytest.mark.parametrize("columns", [80, 100, 120])
def test_the_sentence_that_a_command_ends_with_is_broken_at_spaces(columns: int) -> None:
    error = "Every class must have a readable photo. Received for class 'oak': 12 unusable files; export them, or take the class out. " * 2
    code = (
        f"from tltool.errors import DataError\nfrom tltool.options.boundary import guarded\n@guarded\n"
        f"def fail():\n  raise DataError({error!r})\nfail()"
    )
    assert on_a_screen(code, columns).text.split() == ["Error:", *error.split()]


@pytest.mark.parametrize("name", ["[red]shoes[/red]", "[/]", ":dog:", "[link=x]", "\\[b]"])
def test_class_names_are_text_and_never_markup(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    tell([table(f"Table {name}", [f"head {name}"], [[name]]), f"Wrote {name}."])
    assert capsys.readouterr().out.count(name) == 4
    monkeypatch.setattr(sys, "stderr", screen := Screen())
    with drawing():
        say(f"say {name}")
        warn(f"warn {name}")
        show(table(name, [name], [[name]]))
        step(f"step {name}", 1, 1, note=name)
    assert all(f"{word} {name}" in screen.getvalue() for word in ("say", "warn", "step"))


EVIL = "\x1b]0;x\x07\u202e\x9b\n\udcff"  # a title for the terminal, text backwards, a C1 control, a line break, a byte that is no UTF-8


def test_a_result_for_people_shows_text_from_outside(capsys: pytest.CaptureFixture[str]) -> None:
    tell([f"Wrote {EVIL}.", table("", ["photo"], [[EVIL]])])
    assert capsys.readouterr().out.count(r"\x1b]0;x\x07\u202e\x9b\n\xff") == 2


def test_json_escapes_what_a_terminal_would_act_on_and_is_read_back_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.tell_json([{"path": EVIL, "label": "靴 Ä \U000e0041\u200d"}])
    line = capsys.readouterr().out
    assert line[:-1].isprintable() and "靴 Ä" in line and json.loads(line) == {"path": EVIL, "label": "靴 Ä \U000e0041\u200d"}


def test_csv_is_exact_to_the_byte_in_a_pipe_and_shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    text = f'"path"\n"{EVIL}"\n'
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys\nfrom tltool.terminal import tell_csv\nsys.stdout.write('a\\n')\ntell_csv({text!a} + '\\ud800')",
        ],
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"a\n" + text.encode("utf-8", "surrogateescape") + rb"\ud800"
    monkeypatch.setattr(sys, "stdout", screen := Screen())
    terminal.tell_csv(text)
    assert screen.getvalue() == '"path"\n"\\x1b]0;x\\x07\\u202e\\x9b\n\\xff"\n'


def test_native_noise_before_a_traceback_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run("with drawing():\n  os.write(2, b'one \\x1b]0;x\\x07\\ntwo\\n'); raise KeyError('bug')")
    assert done.stderr.startswith("one \\x1b]0;x\\x07\ntwo\n")


def test_a_long_path_in_a_pipe_is_folded_and_not_cut(capsys: pytest.CaptureFixture[str]) -> None:
    path = "/photos/" + "long" * 60
    tell([table("", ["photo", "class"], [[path, "hat"]]), path])
    out = capsys.readouterr().out
    assert "…" not in out
    assert out.count("long") >= 118  # twice sixty, one or two of them folded in the middle
    assert path in out.splitlines()


def test_drawing_leaves_the_logger_as_it_was() -> None:
    log.setLevel(logging.WARNING)
    before = (log.level, log.propagate, list(log.handlers))
    with pytest.raises(KeyError), drawing():
        assert isinstance(log.handlers[-1], Lines)
        raise KeyError
    assert (log.level, log.propagate, list(log.handlers)) == before
    log.setLevel(logging.NOTSET)


def test_closed_streams_harm_nothing_and_talk_never_lands_on_standard_output() -> None:
    done = run("sys.stderr = None\nwith drawing():\n  say('reading'); print(json.dumps(1))")
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
    done = run("sys.stdout = None\nwith drawing():\n  tell(['told'])")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_terminal_draws_without_loading_rich_until_it_must() -> None:
    done = run("with drawing():\n  say('reading')\nprint(json.dumps('rich' in sys.modules))")
    assert json.loads(done.stdout) is False
