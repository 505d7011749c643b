"""``tltool report``: from the command line, what it writes, and what it cannot take."""

import json
import logging
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from answered import answering, with_errors
from click.testing import CliRunner

from tltool import Run, RunError, SpecError, export, pages, report
from tltool.cli.main import tltool
from tltool.runs.files import clear


def test_a_run_is_told_on_a_page_for_people_and_for_machines(tmp_path: Path) -> None:
    run = answering(tmp_path / "a", with_errors(*range(12)))
    told = CliRunner().invoke(tltool, ["report", str(run.path)])
    assert told.exit_code == 0 and "Accuracy 0.800" in told.stdout and "Next: open" in told.stdout
    assert "Accuracy 0.800" in (run.path / "report.html").read_text() and "Accuracy 0.800" in (run.path / "report.md").read_text()
    again = CliRunner().invoke(tltool, ["report", str(run.path), "--json", "--force"])
    record = json.loads(again.stdout)
    assert record["html"] == str(run.path / "report.html") and record["bytes"] == (run.path / "report.html").stat().st_size


def test_a_page_is_replaced_by_force_only_and_another_s_never(tmp_path: Path) -> None:
    run = answering(tmp_path / "a", with_errors(1))
    report(run.path)
    with pytest.raises(RunError, match="must not replace anything"):
        report(run.path)
    report(run.path, force=True)
    (run.path / "report.md").write_text("mine")
    with pytest.raises(RunError, match=r"replaces only what tltool wrote\. Received: .*report\.md"):
        report(run.path, force=True)
    assert (run.path / "report.md").read_text() == "mine"
    report(run.path, out=tmp_path / "elsewhere")
    assert sorted(file.name for file in (tmp_path / "elsewhere").iterdir()) == ["report.html", "report.md"]


def test_a_training_that_takes_the_folder_clears_the_page(tmp_path: Path) -> None:
    run = answering(tmp_path / "a", with_errors(1))
    report(run.path)
    clear(run.path, "finetune")
    assert [file.name for file in run.path.iterdir()] == ["run.json"]


def test_a_folder_that_is_no_run_and_a_size_that_is_none_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"A run is a folder that holds run\.json"):
        report(tmp_path)
    run = answering(tmp_path / "a", with_errors(1))
    with pytest.raises(SpecError, match="max_mb"):
        report(run.path, max_mb=0)
    with pytest.raises(RunError, match=r"max_mb must leave room for the page without photos\. Received: 0\.001; it has \d+ kB"):
        report(run.path, max_mb=0.001)
    assert not (run.path / "report.html").exists()


def test_no_model_is_loaded_and_keras_and_tensorflow_neither(tmp_path: Path) -> None:
    run = answering(tmp_path / "a", with_errors(*range(12)))
    code = f"import sys, tltool; tltool.report({str(run.path)!r}); print(*({{'keras', 'tensorflow', 'matplotlib'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_training_ends_with_its_page_and_says_where_it_is(run: Run) -> None:
    page = run.path / "report.html"
    assert f"{run.report()['accuracy']:.3f}" in page.read_text() and (run.path / "report.md").is_file()
    assert any(str(page) in line for line in run.said() if isinstance(line, str))


def test_a_page_that_cannot_be_added_is_told_and_the_run_stays_finished(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    run = answering(tmp_path / "a", with_errors(1))
    (run.path / "report.html").write_text("mine")
    with caplog.at_level(logging.WARNING, "tltool"):
        pages.add_page(run)
    assert (run.path / "report.html").read_text() == "mine" and run.record.state == "finished"
    assert "The run is finished all the same; `tltool report" in caplog.text


def test_other_photos_are_told_of_on_a_page_of_their_own(run: Run, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = {file.name: file.stat().st_mtime_ns for file in run.path.iterdir()}
    shutil.copytree(photos / "shoes", tmp_path / "other" / "shoes")
    for number in (1, 2):
        written = report(run.path, photos=Path("other"))
        assert written.html.parent == Path(f"runs/report-{number}")
    page = written.markdown.read_text()
    assert "the run's model on other" in page and "on 20 photos" in page
    assert {file.name: file.stat().st_mtime_ns for file in run.path.iterdir()} == before
    with pytest.raises(RunError, match=r"--out.*|A report must not replace"):
        report(run.path, photos=Path("other"), out=Path("runs/report-1"))


def test_an_exported_file_is_told_of_by_its_run_and_elsewhere_it_is_one_sentence(run: Run, tmp_path: Path) -> None:
    whole = Run(shutil.copytree(run.path, tmp_path / "run", ignore=shutil.ignore_patterns("exports")))
    export(whole.path, format=("tflite",), precision=("float32",))
    file = whole.path / "exports" / "model-float32.tflite"
    page = report(file, out=tmp_path / "page").markdown.read_text()
    assert "the file model-float32.tflite on test photos of the run" in page
    assert f"**{whole.report()['accuracy']:.3f}**" in page
    alone = shutil.copy(file, tmp_path / "alone.tflite")
    with pytest.raises(RunError, match=r"a file must lie in exports/ of its own\. Received: .*alone\.tflite"):
        report(Path(alone))
