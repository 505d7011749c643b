"""The talk of the library: records of one logger, drawn by whoever listens."""

import logging

import pytest

from tltool.progress import Step, Table, say, show, step, table, track, warn


def test_a_line_and_a_warning_have_their_levels(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "tltool"):
        say("100 % of it")
        warn("careful: %s")
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [("INFO", "100 % of it"), ("WARNING", "careful: %s")]


def test_counted_work_lies_below_the_level_that_plain_logging_shows(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "tltool"):
        step("decoding", 1, 2)
    assert caplog.records == []


def test_track_yields_what_it_is_given_and_counts_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "tltool"):
        assert list(track("abc", "reading", 3, "letters")) == ["a", "b", "c"]
    steps = [record.step for record in caplog.records]  # type: ignore[attr-defined]
    assert [(s.label, s.done, s.total, s.unit) for s in steps] == [("reading", done, 3, "letters") for done in range(4)]


def test_track_reports_an_item_only_once_it_is_worked_through(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "tltool"):
        for _ in track("ab", "reading", 2):
            break
    assert [record.step.done for record in caplog.records] == [0]  # type: ignore[attr-defined]


def test_a_table_travels_whole_and_reads_as_text(caplog: pytest.LogCaptureFixture) -> None:
    plan = table("Plan", ["layer", "parameters"], [["conv", 12], ["a long name", 3]])
    with caplog.at_level(logging.INFO, "tltool"):
        show(plan)
    assert caplog.records[0].table is plan  # type: ignore[attr-defined]
    assert caplog.messages == ["Plan\nlayer        parameters\nconv         12\na long name  3"]


def test_an_empty_table_reads_as_its_head() -> None:
    assert str(Table("Nothing", ("a", "b"), ())) == "Nothing\na  b"


def test_a_step_reads_as_a_sentence() -> None:
    assert str(Step("decoding", 3, 9, "photos", "1 left out")) == "decoding: 3/9 photos, 1 left out"


def test_text_from_outside_cannot_act_or_break_a_line(caplog: pytest.LogCaptureFixture) -> None:
    evil = "\x1b]0;x\x07\n"
    with caplog.at_level(logging.DEBUG, "tltool"):
        say(f"read {evil}", "and the rest")
        warn(evil)
        show(table(evil, [evil], [[evil]]))
        step(evil, 1, 2, note=evil)
    seen = r"\x1b]0;x\x07\n"
    assert caplog.messages == [f"read {seen}\nand the rest", seen, f"{seen}\n{seen}\n{seen}", f"{seen}: 1/2 photos, {seen}"]
