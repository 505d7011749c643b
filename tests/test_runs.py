"""The folder of a run: what is written first, what is never touched, and what is said of a folder that is none."""

import json
from pathlib import Path
from typing import Any

import pandas
import pytest

from tltool import catalog
from tltool.errors import RunError
from tltool.runs import FILES, Run, reserve, versions
from tltool.specs import Backbone, Photos, Training

REPORT: dict[str, Any] = {
    "accuracy": 0.9, "accuracy_interval": [0.8, 0.95], "n": 40, "split": "test", "majority_baseline": 0.5,
    "per_class": {"hat": {"precision": 0.9, "recall": 0.8, "f1": 0.85, "n": 20},
                  "shoes": {"precision": 0.8, "recall": 0.9, "f1": 0.85, "n": 20}},
}


@pytest.fixture
def begun(tmp_path: Path) -> Run:
    specs = {"photos": Photos(data="photos").fill(size=96), "backbone": Backbone(), "training": Training(epochs=2)}
    return Run.create(tmp_path / "a run", "finetune", specs, classes=["hat", "shoes"], size=96, fit="crop")


@pytest.fixture
def finished(begun: Run) -> Run:
    (begun.path / "model.keras").touch()
    return begun.finish(REPORT, seconds=3.2)


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


def test_notes_and_the_report_are_added_and_nothing_is_lost(finished: Run) -> None:
    assert finished.record["state"] == "finished"
    assert finished.record["seconds"] == 3.2
    assert finished.record["classes"] == ["hat", "shoes"]
    assert finished.report() == REPORT


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


# Reserving


def test_a_fresh_folder_is_numbered_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert reserve(None, "finetune") == Path("runs/finetune-1")
    assert list(tmp_path.iterdir()) == []
    for name in ("finetune-2", "finetune-10", "scratch-40", "finetune-mine"):
        (tmp_path / "runs" / name).mkdir(parents=True)
    assert reserve(None, "finetune") == Path("runs/finetune-11")


def test_an_empty_or_missing_folder_is_free(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert reserve(tmp_path / "empty", "finetune") == tmp_path / "empty"
    assert reserve(str(tmp_path / "deep" / "er"), "finetune") == tmp_path / "deep" / "er"
    assert not (tmp_path / "deep").exists()


def test_a_full_folder_is_refused(begun: Run) -> None:
    with pytest.raises(RunError, match=r"--out must be a new or empty folder\. Received: .*a run\. Choose another, or --force"):
        reserve(begun.path, "finetune")


def test_a_full_folder_that_is_no_run_is_refused_without_a_way_to_force_it(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(RunError) as error:
        reserve(tmp_path, "finetune")
    assert str(error.value) == f"--out must be a new or empty folder. Received: {tmp_path}. Choose another."


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"--out must be a folder\. Received: .*file, which is a file"):
        reserve(tmp_path / "file", "finetune")
    with pytest.raises(RunError, match=r"--out must be in a folder that can be written\. Received: .*file/x/run"):
        reserve(tmp_path / "file" / "x" / "run", "finetune")


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tltool.runs.os.access", lambda path, mode: Path(path) != tmp_path)
    with pytest.raises(RunError, match=f"Received: {tmp_path}/run, and {tmp_path} cannot"):
        reserve(tmp_path / "run", "finetune")


def test_a_folder_that_turns_out_not_to_be_writable_is_an_error_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, **_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(RunError, match=r"must be writable. Received: .*run \(Permission denied\). Choose another --out"):
        Run.create(tmp_path / "run", "finetune", {})


def test_a_run_that_came_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    folder = reserve(tmp_path / "run", "finetune")
    Run.create(folder, "finetune", {}, who="first")
    with pytest.raises(RunError, match="new or empty"):
        Run.create(folder, "finetune", {}, who="second")
    assert Run(folder).record["who"] == "first"


# Force


def test_two_runs_at_once_that_name_no_folder_get_one_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert reserve(None, "finetune") == reserve(None, "finetune")
    assert [Run.create(None, "finetune", {}).path.name for _ in range(2)] == ["finetune-1", "finetune-2"]


def test_force_removes_what_tltool_wrote_and_nothing_else(finished: Run) -> None:
    for name in (*FILES, *catalog.EXPORT_FILES):
        (finished.path / name).parent.mkdir(exist_ok=True)
        if name.endswith("saved_model"):
            (finished.path / name / "assets").mkdir(parents=True)
            (finished.path / name / "saved_model.pb").touch()
            (finished.path / name / "assets" / "tltool.json").touch()
        elif name != "run.json":
            (finished.path / name).touch()
    mine = ("notes.md", "exports/my-own.tflite", "photos/hat/1.png")
    for name in mine:
        (finished.path / name).parent.mkdir(parents=True, exist_ok=True)
        (finished.path / name).write_text("mine", encoding="utf-8")
    Run.create(reserve(finished.path, "finetune", force=True), "finetune", {}, force=True)
    left = {str(file.relative_to(finished.path)) for file in finished.path.rglob("*") if file.is_file()}
    assert left == {"run.json", *mine}
    assert Run(finished.path).record["state"] == "unfinished"


def test_force_leaves_a_folder_that_tltool_did_not_write(finished: Run) -> None:
    mine = finished.path / "exports" / "saved_model" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.touch()
    with pytest.raises(RunError, match="only what tltool wrote"):
        reserve(finished.path, "finetune", force=True)
    assert mine.exists()


def test_a_run_does_not_lie_in_what_it_reads(finished: Run, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for out, source in ((tmp_path / "photos" / "run", tmp_path / "photos"), (finished.path, str(finished.path))):
        with pytest.raises(RunError, match="outside of what is read"):
            reserve(out, "finetune", force=True, reads=(source, "mobilenet_v2"))


def test_force_does_not_follow_a_link(finished: Run, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "keep.pb").touch()
    (finished.path / "exports").mkdir()
    (finished.path / "exports" / "saved_model").symlink_to(tmp_path / "elsewhere")
    Run.create(finished.path, "finetune", {}, force=True)
    assert (tmp_path / "elsewhere" / "keep.pb").exists()
    assert not (finished.path / "exports" / "saved_model").is_symlink()


@pytest.mark.parametrize("content", [{}, {"run.json": "{"}, {"run.json": "[]"}, {"run.json": '{"name": "another tool"}'}])
def test_force_leaves_a_foreign_folder_alone(tmp_path: Path, content: dict[str, str]) -> None:
    (tmp_path / "model.keras").write_text("precious", encoding="utf-8")
    for name, text in content.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(RunError):
        reserve(tmp_path, "finetune", force=True)
    with pytest.raises(RunError):
        Run.create(tmp_path, "finetune", {}, force=True)
    assert (tmp_path / "model.keras").read_text(encoding="utf-8") == "precious"


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


@pytest.mark.parametrize("typed", ["[1]", "3", '{"photos": 3}', '{"photos": ["data"]}', "null"])
def test_typed_specs_in_another_form_are_refused(tmp_path: Path, typed: str) -> None:
    run = damage(tmp_path / "run", f'{{"recipe": "finetune", "typed": {typed}}}')
    with pytest.raises(RunError, match="fields by name"):
        run.typed  # noqa: B018


def test_an_unfinished_run_is_refused_with_the_command_that_resumes_it(begun: Run) -> None:
    for open_it in (begun.model, begun.predictions, begun.report, lambda: begun.classes, lambda: list(begun.said())):
        with pytest.raises(RunError) as error:
            open_it()
        assert str(error.value) == (f"The run must be finished. Received: {begun.path}, which has no finished model. "
                                    f"Resume it with `tltool finetune --resume '{begun.path}'`.")


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
    record = finished.record
    damage(finished.path, json.dumps({key: value for key, value in record.items() if key not in ("classes", "fit")}))
    with pytest.raises(RunError, match=r"run\.json of a finished run must say classes, fit"):
        finished.classes  # noqa: B018


def test_a_run_says_its_result_where_it_lies_and_what_to_type_next(finished: Run) -> None:
    per_class, accuracy, where, following = finished.said()
    assert str(per_class).splitlines()[2].split() == ["hat", "20", "0.90", "0.80", "0.85"]
    assert accuracy == ("Accuracy 0.900 (95 % interval 0.800–0.950) on 40 test photos; "
                        "always naming the largest class would reach 0.500.")
    assert where == f"Run: {finished.path}  (run.json, model.keras, report.json)  in 3 s"
    assert str(following).startswith("Next: tltool predict ")


def test_a_run_for_machines_is_its_report(finished: Run) -> None:
    assert list(finished.records()) == [{"run": str(finished.path), "seconds": 3.2, **REPORT}]


def test_runs_of_the_same_folder_are_equal(tmp_path: Path) -> None:
    assert Run(str(tmp_path)) == Run(tmp_path)
