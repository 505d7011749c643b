"""Visualizing a run: scratch stacks and backbones, its own photos and others, and one number written out."""

import json
import logging
from pathlib import Path

import numpy as np
import pandas
import pytest
from click.testing import CliRunner
from networks import CLASSES, classifier
from PIL import Image

from tltool import RunError, SpecError, visualize
from tltool.cli.main import tltool
from tltool.data.predictions import predictions_table, write_predictions
from tltool.data.samples import COLUMNS, Samples
from tltool.evaluation.predictors import predictor_of
from tltool.evaluation.rating import rate_photos
from tltool.evaluation.report import report_on
from tltool.models.assembly import assemble
from tltool.models.backbone import load_backbone
from tltool.models.saving.store import save_model
from tltool.runs import Run
from tltool.specs import Head

SHEETS = {"kernels.png", "feature-maps.png", "pooling.png", "attention.png"}


def write_run(folder: Path, model) -> Run:
    """A finished run of ``model``, with six photos that it was measured on."""
    size, random = model.input_shape[1], np.random.default_rng(0)
    (folder / "photos").mkdir(parents=True)
    pixels = random.integers(0, 256, (6, size, size, 3), dtype=np.uint8)
    paths = [str(folder / "photos" / f"{number}.png") for number in range(6)]
    for path, photo in zip(paths, pixels):
        Image.fromarray(photo).save(path)
    run = Run(folder)
    run.write_json("run.json", {"recipe": "scratch", "state": "finished", "classes": CLASSES, "size": size, "fit": "crop"})
    save_model(model, folder / "model.keras")
    scores = predictor_of(model, CLASSES, "crop").scores(pixels)
    rows = [(path, "", CLASSES[i % 3], "", "test") for i, path in enumerate(paths)]
    table = pandas.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    predictions = predictions_table(Samples(table, CLASSES), scores, {})
    write_predictions(predictions, folder / "predictions.csv")
    run.write_json("report.json", report_on(predictions, CLASSES, "test").report.content)
    return run


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return write_run(tmp_path_factory.mktemp("runs") / "stack", classifier("4@3:max", "6@3:average"))


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Run:
    model = assemble(load_backbone("mobilenet_025", "none", 96), Head(), CLASSES, 0)
    return write_run(tmp_path_factory.mktemp("runs") / "backbone", model)


@pytest.mark.parametrize("kind", ["stack", "backbone"])
def test_a_run_gets_four_sheets_of_its_own_photos(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    run = request.getfixturevalue(kind)
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    drawn = visualize(run.path, out=tmp_path / "v")
    assert {path.name for path in (tmp_path / "v").iterdir()} == SHEETS == {file.name for file in drawn.sheets}
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before


def test_they_lie_in_the_run_and_are_replaced_when_that_is_said(stack: Run) -> None:
    visualize(stack.path)
    first = (stack.path / "visuals" / "attention.png").read_bytes()
    with pytest.raises(RunError, match="force"):
        visualize(stack.path)
    visualize(stack.path, (stack.path / "photos" / "5.png",), force=True)
    assert (stack.path / "visuals" / "attention.png").read_bytes() != first
    assert {path.name for path in (stack.path / "visuals").iterdir()} == SHEETS


def test_one_number_is_written_out_and_nothing_else_is_drawn(stack: Run, tmp_path: Path) -> None:
    drawn = visualize(stack.path, layer="block2_conv", filter=3, explain_window="5,6", out=tmp_path / "v")
    assert [path.name for path in (tmp_path / "v").iterdir()] == ["window.png"]
    assert drawn.window.value == pytest.approx(drawn.window.own, abs=1e-4) and drawn.window.filter == 3


def test_the_command_prints_one_object_per_sheet_and_a_table_for_people(stack: Run, tmp_path: Path) -> None:
    place = ["visualize", str(stack.path), str(stack.path / "photos" / "1.png"), "--explain-window", "3,4"]
    done = CliRunner().invoke(tltool, [*place, "--json", "--out", str(tmp_path / "a")])
    (record,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0 and record["window"]["place"] == [3, 4] and record["window"]["channels"] == ["red", "green", "blue"]
    told = CliRunner().invoke(tltool, [*place, "--out", str(tmp_path / "b")]).stdout
    assert all(words in told for words in ("× kernel", "green", "network's own value", "window.png", "Next: "))


def test_what_cannot_be_looked_at_is_said_before_anything_is_written(stack: Run, tmp_path: Path) -> None:
    out = tmp_path / "v"
    for wish, error in (
        ({"layer": "block1_con"}, "did you mean 'block1_conv'"),
        ({"filter": 4}, "from 0 to 3"),
        ({"explain_window": "99,0"}, "rows 0 to 23"),
    ):
        with pytest.raises(SpecError, match=error):
            visualize(stack.path, out=out, **wish)
    assert not out.exists()


def test_errors_are_looked_at_the_surest_first(
    stack: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rated, seen = rate_photos(stack), []
    wrong = rated[rated["goodness"] < 1].sort_values("lead", ascending=False)["path"].tolist()
    monkeypatch.setattr("tltool.figures.visuals.draw_attention", lambda examples, evidence, file: seen.extend(examples) or "")
    visualize(stack.path, errors=True, out=tmp_path / "v")
    assert [str(photo.path) for photo in seen] == wrong and wrong and all(photo.said != photo.label for photo in seen)
    with pytest.raises(SpecError, match="errors must stand without photos"):
        visualize(stack.path, wrong[:1], errors=True, out=tmp_path / "w")
    file, before = stack.path / "predictions.csv", (stack.path / "predictions.csv").read_bytes()
    table = pandas.read_csv(file)
    table.assign(label=table["predicted"]).to_csv(file, index=False)
    seen.clear()
    try:
        with caplog.at_level(logging.INFO, "tltool"):
            visualize(stack.path, errors=True, out=tmp_path / "x")
        assert [str(photo.path) for photo in seen] == rate_photos(stack).sort_values("lead", kind="stable")["path"].tolist()
    finally:
        file.write_bytes(before)
    assert "No photo was answered wrong" in caplog.text


def test_a_run_on_signals_is_refused_in_one_sentence(tmp_path: Path) -> None:
    Run(tmp_path).write_json("run.json", {"recipe": "signals", "state": "finished", "fit": "signal"})
    with pytest.raises(RunError, match="What is visualized must be a run on photos"):
        visualize(tmp_path)
