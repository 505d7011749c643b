"""Where a run may lie, what is cleared there, and what is never touched."""

from pathlib import Path
from typing import Any

import pytest

from tltool.errors import RunError
from tltool.runs import Run, reserve
from tltool.runs.contents import COMPARISON_FILES, EXPORT_FILES
from tltool.runs.files import FILES

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
    monkeypatch.setattr("tltool.runs.places.os.access", lambda path, mode: Path(path) != tmp_path)
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


def test_a_link_to_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(RunError, match=r"must be writable\. Received: .*link \(File exists\)"):
        Run.create(tmp_path / "link", "finetune", {})


def test_who_did_not_say_force_is_not_told_of_it(finished: Run) -> None:
    (finished.path / "exports" / "saved_model").mkdir(parents=True)
    with pytest.raises(RunError, match="must be a new or empty folder"):
        reserve(finished.path, "finetune")


# Force


def test_two_runs_at_once_that_name_no_folder_get_one_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert reserve(None, "finetune") == reserve(None, "finetune")
    assert [Run.create(None, "finetune", {}).path.name for _ in range(2)] == ["finetune-1", "finetune-2"]


def test_two_runs_that_take_the_same_number_in_the_same_moment_get_one_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tltool.runs.places._require_free", lambda out, force: Path("runs/finetune-1").mkdir(parents=True, exist_ok=True))
    assert Run.create(None, "finetune", {}).path.name == "finetune-2"


def test_force_removes_what_tltool_wrote_and_nothing_else(finished: Run) -> None:
    for name in (*FILES, *EXPORT_FILES):
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


@pytest.fixture
def comparison(tmp_path: Path) -> Path:
    """What a comparison left, a note in one of its parts, and a part that lies elsewhere."""
    folder = Run.create(tmp_path / "compared", "compare", {}).path
    for part in (folder / "dense", folder / "stack", tmp_path / "elsewhere"):
        (Run.create(part, "scratch", {}).path / "model.keras").touch()
    (folder / "transfer").symlink_to(tmp_path / "elsewhere")
    (folder / "stack" / "visuals").mkdir()
    (folder / "stack" / "visuals" / "kernels.png").touch()
    for name in (*COMPARISON_FILES, ".comparison.png.123.part", "notes.txt", "dense/notes.txt"):
        (folder / name).touch()
    return folder


@pytest.mark.parametrize("recipe", ["compare", "finetune"])
def test_force_removes_what_a_comparison_left_with_its_parts_and_nothing_else(comparison: Path, recipe: str) -> None:
    Run.create(comparison, recipe, {}, force=True)
    assert {str(path.relative_to(comparison)) for path in comparison.rglob("*")} == {"run.json", "notes.txt", "dense", "dense/notes.txt"}
    assert (comparison.parent / "elsewhere" / "model.keras").exists()


def test_what_is_named_like_a_comparison_s_in_another_run_stays(finished: Run) -> None:
    mine = [finished.path / "comparison.png", Run.create(finished.path / "dense", "scratch", {}).path / "run.json"]
    mine[0].touch()
    Run.create(finished.path, "finetune", {}, force=True)
    assert all(file.exists() for file in mine)


def test_a_comparison_whose_part_could_not_be_begun_is_refused_before_anything_is_cleared(comparison: Path) -> None:
    (comparison / "transfer").unlink()
    (comparison / "transfer").write_text("mine", encoding="utf-8")
    with pytest.raises(RunError, match=r"--out must be a folder\. Received: .*transfer"):
        Run.create(comparison, "compare", {}, force=True)
    assert (comparison / "comparison.json").exists() and (comparison / "dense" / "model.keras").exists()


def test_force_does_not_follow_a_folder_that_is_a_link(finished: Run, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "kernels.png").touch()
    (finished.path / "visuals").symlink_to(tmp_path / "pictures")
    (finished.path / "exports").touch()  # a file where a folder of ours would be
    Run.create(finished.path, "finetune", {}, force=True)
    assert (tmp_path / "pictures" / "kernels.png").exists() and (finished.path / "exports").exists()
