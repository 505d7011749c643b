"""Runs below one another: every one with what there is of it, in the order that was asked for, whatever lies in their folders."""

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pandas
import pytest
from answered import answering, with_errors

import tltool
from tltool.errors import RunError, SpecError
from tltool.runs import Run
from tltool.runs.listing import take_list

EVIL = "<b>\x1b]0;x\x07\u202e"


def record(folder: Path, **fields: Any) -> Path:
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({"recipe": "finetune", **fields}), encoding="utf-8")
    return folder


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Three finished runs, the best of them the oldest, and one that was begun."""
    shelf = tmp_path / "runs"
    for name, errors, day, seconds, weight in (
        ("finetune-2", 2, 5, 30, 9),
        ("finetune-10", 12, 7, 10, 8),
        ("deeper/finetune-1", 0, 3, 20, 7),
    ):
        run = answering(shelf / name, with_errors(*range(errors)))
        run.note(started="2026-01-01T00:00:00+00:00", finished=f"2026-02-0{day}T10:00:00+00:00", seconds=seconds, training_photos=40)
        (run.path / "model.keras").write_bytes(b"1" * weight)
    Run.create(shelf / "scratch-1", "scratch", {}, task="detect")
    return shelf


def names(shelf: Path, **asked: Any) -> list[str]:
    return [Path(its.run).name for its in take_list(shelf, **asked).runs]


def test_a_row_says_what_a_run_has_scored_took_and_weighs(shelf: Path) -> None:
    row = next(its for its in take_list(shelf).runs if its.run == str(shelf / "finetune-10"))
    assert (row.recipe, row.task, row.state, row.measure, row.score) == ("finetune", "classify", "finished", "accuracy", 0.8)
    assert [row.low, row.high] == Run(row.run).report()["accuracy_interval"]
    assert (row.split, row.kind) == ("test", "photo")
    assert (row.photos, row.training_photos, row.seconds, row.bytes, row.date) == (60, 40, 10, 8, "2026-02-07T10:00:00+00:00")
    assert row.cells[4:] == ("0.800", "0.682–0.882", "60 test", "40", "10 s", "0 kB", "2026-02-07 10:00")


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("score", ["finetune-1", "finetune-2", "finetune-10", "scratch-1"]),
        ("time", ["finetune-10", "finetune-1", "finetune-2", "scratch-1"]),
        ("size", ["finetune-1", "finetune-10", "finetune-2", "scratch-1"]),
        ("name", ["finetune-1", "finetune-2", "finetune-10", "scratch-1"]),
    ],
)
def test_runs_are_in_the_order_asked_for_and_what_lacks_it_comes_last(shelf: Path, sort: str, expected: list[str]) -> None:
    assert names(shelf, sort=sort) == expected


def test_the_newest_come_first_whether_finished_or_begun(shelf: Path) -> None:
    Run(shelf / "scratch-1").note(started="2026-02-07T06:00:00-05:00")
    assert names(shelf) == ["scratch-1", "finetune-10", "finetune-2", "finetune-1"]
    Run(shelf / "scratch-1").note(started="2026-02-04")
    assert names(shelf) == ["finetune-10", "finetune-2", "scratch-1", "finetune-1"]


@pytest.mark.parametrize(
    ("file", "content", "word"),
    [
        ("run.json", b"{", "unreadable"),
        ("run.json", b'{"format": 99, "recipe": "finetune"}', "unreadable"),
        ("report.json", None, "damaged"),
        ("report.json", b"[]", "damaged"),
        ("report.json", b'{"split": "test", "n": 3, "task": "classify", "settled": 7}', "damaged"),
        ("model.keras", None, "damaged"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_word_and_the_rest_stays(shelf: Path, file: str, content: bytes | None, word: str) -> None:
    place = shelf / "finetune-2" / file
    place.unlink()
    if content is not None:
        place.write_bytes(content)
    row = next(its for its in take_list(shelf).runs if Path(its.run).name == "finetune-2")
    assert row.state == word and len(names(shelf)) == 4
    assert (row.training_photos, row.seconds) == ((None, None) if word == "unreadable" else (40, 30))
    assert row.cells[4] == ("0.967" if file == "model.keras" else word)


def test_an_unfinished_run_shows_no_score_of_an_earlier_one(shelf: Path) -> None:
    Run(shelf / "finetune-2").note(state="unfinished")
    row = next(its for its in take_list(shelf).runs if Path(its.run).name == "finetune-2")
    assert (row.score, row.cells[4]) == (None, "unfinished")


def test_a_run_of_several_is_listed_with_its_parts_and_nothing_else_in_it(tmp_path: Path) -> None:
    whole = record(tmp_path / "compare-1", recipe="compare", state="finished")
    answering(whole / "stack", with_errors(1))
    record(whole / "exports")
    record(whole / "stack" / "dense")
    found = {Path(its.run).name: its.state for its in take_list(tmp_path).runs}
    assert found == {"compare-1": "finished", "stack": "finished"}


def test_a_folder_may_be_a_run_itself_and_links_are_not_followed(shelf: Path) -> None:
    os.symlink(shelf, shelf / "scratch-1" / "compare")
    os.symlink(shelf, shelf / "again")
    assert names(shelf / "scratch-1") == ["scratch-1"] and len(names(shelf)) == 4


def test_names_from_outside_are_shown_to_people_and_exact_for_machines(tmp_path: Path) -> None:
    record(tmp_path / f"run{EVIL}", resolved={"backbone": {"name": EVIL}}, finished="9999-12-31T23:59:59-12:00", state="finished")
    found = take_list(tmp_path)
    (table, _) = found.said()
    assert "\x1b" not in str(table) and "<b>\\x1b]0;x\\x07\\u202e" in str(table)
    assert next(iter(found.records()))["backbone"] == EVIL
    assert next(csv.DictReader(io.StringIO(found.csv())))["run"] == str(tmp_path / f"run{EVIL}")
    assert tltool.list_runs(tmp_path)["date"].isna().all()


def test_python_gets_a_table_of_numbers_and_times(shelf: Path) -> None:
    found = tltool.list_runs(shelf, "score")
    assert found["score"].tolist()[:3] == [1.0, 58 / 60, 0.8] and found["score"].isna().tolist() == [False, False, False, True]
    assert found["photos"].dtype == "Int64" and found["bytes"].sum() == 24
    assert found["date"].dt.tz is not None and found["date"].max() < pandas.Timestamp.now("UTC") + pandas.Timedelta("1d")
    assert list(tltool.list_runs(record(shelf / "x" / "y").parent)["state"]) == ["unfinished"]


def test_a_folder_without_runs_is_said_to_have_none(tmp_path: Path) -> None:
    assert "score" in tltool.list_runs(tmp_path) and len(tltool.list_runs(tmp_path)) == 0
    (line,) = take_list(tmp_path).said()
    assert str(line).startswith(f"There is no run below {tmp_path}.")


def test_what_is_no_folder_and_no_order_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"must lie below a folder\. Received: .*nowhere, which is none"):
        tltool.list_runs(tmp_path / "nowhere")
    with pytest.raises(RunError, match=r"named by its path\. Received: 5\."):
        tltool.list_runs(5)  # type: ignore[arg-type]
    with pytest.raises(SpecError, match=r"sort must be a known name \(did you mean 'score'\?\)"):
        tltool.list_runs(tmp_path, "scores")  # type: ignore[arg-type]


def test_a_demo_is_whole_and_the_runs_in_it_are_listed(shelf: Path) -> None:
    demo = Run.create(shelf / "demo", "demo", {})
    answering(demo.path / "finetune-5-9", with_errors(1))
    demo.note(state="finished")
    found = {Path(its.run).name: its.state for its in take_list(demo.path).runs}
    assert found["demo"] == "finished" and "finetune-5-9" in found


def test_numbers_beyond_all_photos_are_no_traceback(shelf: Path) -> None:
    report = shelf / "finetune-2" / "report.json"
    report.write_text(report.read_text().replace('"n": 60', f'"n": {10**30}'))
    listed = tltool.list_runs(shelf).set_index("run")
    assert listed.loc[str(shelf / "finetune-2"), "state"] == "damaged"
