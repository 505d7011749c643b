"""The folder of a run: what is written first, what is read of it, and what is said of a folder that is none."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas
import pytest

from tltool.errors import RunError
from tltool.runs import Report, Run, versions
from tltool.specs import Photos


def damage(folder: Path, text: str) -> Run:
    folder.mkdir(exist_ok=True)
    (folder / "run.json").write_text(text, encoding="utf-8")
    return Run(folder)


# Making


def test_run_json_comes_first_and_says_what_was_typed_and_what_was_resolved(begun: Run) -> None:
    assert [file.name for file in begun.path.iterdir()] == ["run.json"]
    record = json.loads((begun.path / "run.json").read_text(encoding="utf-8"))
    assert (record["recipe"], record["state"], record["classes"]) == ("finetune", "unfinished", ["hat", "shoes"])
    assert record["typed"] == {"photos": {"data": str(Path("photos").absolute())}, "backbone": {}, "training": {"epochs": 2}}
    assert record["resolved"]["photos"]["size"] == 96
    assert record["resolved"]["training"]["batch_size"] == 32
    assert record["versions"] == versions()


def test_notes_and_the_report_are_added_and_nothing_is_lost(finished: Run, report: Report) -> None:
    assert finished.record["state"] == "finished"
    assert finished.record["seconds"] == 3.2
    assert finished.record["classes"] == ["hat", "shoes"]
    assert finished.report() == report


def test_a_name_beyond_ascii_stays_readable(begun: Run) -> None:
    begun.note(classes=["Mütze", "靴"])
    assert "Mütze" in (begun.path / "run.json").read_text(encoding="utf-8")


def test_a_table_of_photos_is_typed_as_the_run_s_own_split(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", "finetune", {"photos": Photos(data=pandas.DataFrame({"path": [], "label": []}))})
    assert run.typed["photos"]["data"] == str(tmp_path / "run" / "split.csv")


def test_a_write_that_fails_leaves_the_earlier_file_whole_and_nothing_beside_it(begun: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (begun.path / "run.json").read_text(encoding="utf-8")

    def fill_the_disk(self: Path, text: str, **_: Any) -> int:
        with self.open("w") as file:
            file.write(text[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", fill_the_disk)
    with pytest.raises(RunError, match=r"room and leave to write .*run\.json\. Received: No space left on device"):
        begun.note(seconds=1)
    assert (begun.path / "run.json").read_text(encoding="utf-8") == before
    assert [file.name for file in begun.path.iterdir()] == ["run.json"]


# Reading


@pytest.mark.parametrize("where", ["nowhere", "file", "."])
def test_what_is_no_run_is_said_to_be_none(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"A run is a folder that holds run\.json\. Received: .*\. Give the folder that a tltool"):
        Run(tmp_path / where).record  # noqa: B018


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"finetune"', '{"name": "another tool"}', "\udcff"])
def test_a_damaged_record_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(RunError, match=r"run\.json must be .* Received: .*run\.json.* Give another run\."):
        Run(tmp_path).record  # noqa: B018


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("recipe", None),
        ("recipe", 5),
        ("recipe", "\x1b]0;pwn"),
        ("recipe", ""),
        ("state", []),
        ("state", "done"),
        ("started", 5),
        ("started", "yesterday"),
        ("resumed", "now"),
        ("seconds", "x"),
        ("seconds", -1),
        ("seconds", float("nan")),
        ("seconds_before", None),
        ("classes", "ab"),
        ("classes", [1, 2]),
        ("classes", []),
        ("classes", ["a", "a"]),
        ("classes", ["a\nb", "c"]),
        ("classes", ["\ud800"]),
        ("size", "96"),
        ("size", 0),
        ("size", True),
        ("size", 1.5),
        ("fit", "zoom"),
        ("fit", []),
        ("phases", {}),
        ("phases", [1]),
        ("kept", 5),
        ("training_photos", -1),
        ("versions", []),
        ("asked", [5]),
        ("resolved", 5),
        ("kind", "film"),
        ("kind", 1),
        ("format", 0),
        ("format", "2"),
        ("format", True),
        ("format", 10**30),
    ],
)
def test_a_field_of_another_form_is_named(finished: Run, field: str, value: Any) -> None:
    (finished.path / "run.json").write_text(json.dumps({**finished.record.content, field: value}))
    with pytest.raises(RunError, match=rf"run\.json must be one that tltool wrote\. Received: .* \({field}: "):
        finished.record  # noqa: B018


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("accuracy", "x"),
        ("accuracy", 2),
        ("accuracy_interval", [1]),
        ("accuracy_interval", None),
        ("n", "y"),
        ("n", 0),
        ("split", 1),
        ("per_class", 5),
        ("per_class", {"hat": {"n": 1}}),
        ("majority_baseline", []),
        ("cross_validation", {"folds": 3}),
    ],
)
def test_a_report_of_another_form_is_named(finished: Run, report: Report, field: str, value: Any) -> None:
    (finished.path / "report.json").write_text(json.dumps({**report.content, field: value}))
    with pytest.raises(RunError, match=rf"report\.json must be one that tltool wrote\. Received: .* \({field}: "):
        finished.report()


@pytest.mark.parametrize("name", ["run.json", "report.json"])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: os.mkfifo(file),
        lambda file: file.symlink_to("/dev/zero"),
        lambda file: file.write_text("[" * 100_000),
        lambda file: file.write_text("{}"),
        lambda file: file.write_text("null"),
        lambda file: file.write_text("9" * 5000),
        lambda file: file.write_bytes(b"\0\xff"),
    ],
)
def test_whatever_lies_in_place_of_a_note_is_one_sentence_at_once(finished: Run, name: str, spoil: Callable[[Path], object]) -> None:
    (finished.path / name).unlink()
    spoil(finished.path / name)
    with pytest.raises(RunError, match=r"must"):
        finished.report()


@pytest.mark.parametrize("typed", ["[1]", "3", '{"photos": 3}', '{"photos": ["data"]}', "null"])
def test_typed_specs_in_another_form_are_refused(tmp_path: Path, typed: str) -> None:
    run = damage(tmp_path / "run", f'{{"recipe": "finetune", "typed": {typed}}}')
    with pytest.raises(RunError, match=r"one that tltool wrote\. Received: .* \(typed: "):
        run.typed  # noqa: B018


@pytest.mark.parametrize("name", ["run.json", "report.json"])
def test_what_a_newer_tltool_wrote_is_refused_whatever_else_it_says(finished: Run, name: str) -> None:
    (finished.path / name).write_text('{"format": 3, "recipe": ["finetune"]}')
    with pytest.raises(RunError) as error:
        finished.report()
    assert str(error.value) == f"{finished.path / name} was written by a newer tltool (format 3; this one knows 2). Update tltool."


def test_what_is_written_says_its_format_and_its_kind(tmp_path: Path) -> None:
    record = Run.create(tmp_path / "run", "signals", {}, kind="signal", size=9).record
    assert (record.format, record.kind, record.fit) == (2, "signal", None)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["kind"] == "signal"


@pytest.mark.parametrize(("fit", "kind", "left"), [("pad", "photo", "pad"), ("signal", "signal", None)])
def test_a_run_of_before_gets_its_kind_when_it_is_read(tmp_path: Path, fit: str, kind: str, left: str | None) -> None:
    run = damage(tmp_path / "run", f'{{"recipe": "signals", "fit": "{fit}"}}')
    assert (run.record.format, run.record.kind, run.record.fit) == (1, kind, left)
    run.note(kept="head")
    assert (run.record.format, run.record.kind, run.record.fit) == (1, kind, left)


def test_only_format_1_may_say_the_kind_by_the_fit(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"\(fit: "):
        damage(tmp_path / "run", '{"format": 2, "recipe": "signals", "fit": "signal"}').record  # noqa: B018


def test_fields_of_others_are_kept_when_a_record_is_written_again(begun: Run) -> None:
    phase = {"name": "head", "mood": [1, {"a": None}]}
    begun.write_json("run.json", {**begun.record.content, "colour": "red", "content": 1, "phases": [phase]})
    begun.note(kept="head")
    record = json.loads((begun.path / "run.json").read_text())
    assert (record["colour"], record["content"], record["phases"], record["kept"]) == ("red", 1, [phase], "head")
    assert list(record)[:2] == ["format", "recipe"] and "finished" not in record


def test_a_record_is_asked_by_attribute_and_as_the_dictionary_it_was(finished: Run) -> None:
    assert finished.record["classes"] == finished.record.classes == ["hat", "shoes"]
    assert finished.report()["per_class"]["hat"]["n"] == finished.report().per_class["hat"].n == 20
    with pytest.raises(KeyError):
        finished.record["stopped"]


def test_an_unfinished_run_is_refused_with_the_command_that_resumes_it(begun: Run) -> None:
    for open_it in (begun.model, begun.predictions, begun.report, lambda: begun.classes, lambda: list(begun.said())):
        with pytest.raises(RunError) as error:
            open_it()
        assert str(error.value) == (
            f"The run must be finished. Received: {begun.path}, which has no finished model. "
            f"Resume it with `tltool finetune --resume '{begun.path}'`."
        )


def test_a_recipe_without_specs_is_repeated_without_from(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="again with `tltool demo`"):
        Run.create(tmp_path / "demo", "demo", {}).report()


def test_a_finished_run_without_its_model_is_not_finished(finished: Run) -> None:
    (finished.path / "model.keras").unlink()
    with pytest.raises(RunError, match="must be finished"):
        finished.report()


@pytest.mark.parametrize(("name", "open_it"), [("report.json", Run.report), ("predictions.csv", Run.predictions)])
def test_a_file_that_is_gone_is_named(finished: Run, name: str, open_it: Any) -> None:
    (finished.path / name).unlink(missing_ok=True)
    with pytest.raises(RunError, match=f"A finished run must have its {name}. Received: .*a run"):
        open_it(finished)


def test_a_finished_record_that_lacks_a_fact_is_refused(finished: Run) -> None:
    record = finished.record.content
    damage(finished.path, json.dumps({key: value for key, value in record.items() if key not in ("classes", "fit")}))
    with pytest.raises(RunError, match=r"run\.json of a finished run must say classes, fit"):
        finished.classes  # noqa: B018


def test_a_run_says_its_result_where_it_lies_and_what_to_type_next(finished: Run) -> None:
    per_class, accuracy, where, following, another = finished.said()
    assert str(per_class).splitlines()[2].split() == ["hat", "20", "0.90", "0.80", "0.85"]
    assert accuracy == ("Accuracy 0.900 (95 % interval 0.800–0.950) on 40 test photos; always naming the largest class would reach 0.500.")
    assert where == f"Run: {finished.path}  (run.json, model.keras, report.json)  in 3 s"
    assert str(following).startswith("Next: tltool predict ") and str(another).startswith("  or: tltool export ")


def test_a_run_for_machines_is_its_report(finished: Run, report: Report) -> None:
    assert list(finished.records()) == [{"run": str(finished.path), "seconds": 3.2, **report.content}]


def test_runs_of_the_same_folder_are_equal(tmp_path: Path) -> None:
    assert Run(str(tmp_path)) == Run(tmp_path)


@pytest.mark.parametrize("path", [5, None, ["runs"]])
def test_a_run_is_named_by_a_path(path: object) -> None:
    with pytest.raises(RunError, match="named by its folder"):
        Run(path)


@pytest.mark.parametrize(
    ("field", "value"), [("task", "guess"), ("task", 5), ("settled", {"thresholds": "low"}), ("settled", {"thresholds": {"hat": 2}})]
)
def test_a_run_that_was_asked_for_something_unknown_is_refused_in_one_sentence(finished: Run, field: str, value: Any) -> None:
    content = json.loads((finished.path / "run.json").read_text())
    (finished.path / "run.json").write_text(json.dumps({**content, field: value}))
    with pytest.raises(RunError, match=rf"run\.json must be one that tltool wrote.*{field}"):
        _ = finished.task


def test_a_report_on_an_unknown_task_is_refused_in_one_sentence(finished: Run) -> None:
    content = json.loads((finished.path / "report.json").read_text())
    (finished.path / "report.json").write_text(json.dumps({**content, "task": "guess"}))
    with pytest.raises(RunError, match=r"report\.json must be one that tltool wrote.*task"):
        finished.report()
