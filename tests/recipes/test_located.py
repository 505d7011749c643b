"""Tasks that say where something is, from labelled photos to a measured run that answers."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from marked import SIDE, WRITERS, write_coco, write_masks, write_points
from PIL import Image

from tltool import Backbone, ConvStack, Head, Photos, Training, check, evaluate, finetune, predict, scratch, visualize
from tltool.data.annotations.cells import parse
from tltool.errors import RunError, SpecError
from tltool.runs import Run
from tltool.runs.record import read_history
from tltool.runs.resuming import reopen
from tltool.task import task_named
from tltool.training import checkpoint

SHORT = Training(epochs=2, batch_size=8)
STACK = ConvStack(filters=(8, 16, 16))


@pytest.fixture(scope="module", params=WRITERS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that has hardly learned."""
    folder = WRITERS[request.param](tmp_path_factory.mktemp("photos") / "marked")
    run = scratch(Photos(data=folder, task=request.param, size=SIDE), STACK, training=SHORT, out=tmp_path_factory.mktemp("runs") / "run")
    assert isinstance(run, Run)
    return run


def test_every_part_is_in_the_run(run: Run) -> None:
    report, score = run.report(), task_named(run.task).measures.SCORE
    assert report.task == run.task and 0 <= report[score.key] <= 1
    low, high = report[f"{score.key}_interval"]
    assert low <= report[score.key] <= high
    assert f"val_{score.key}" in (run.path / "history.csv").read_text()
    assert run.record.fit == "pad"
    assert all(map(str, task_named(run.task).measures.told(report.content)))


def test_what_is_said_of_a_photo_is_a_truth_of_its_size(run: Run) -> None:
    for cell in run.predictions()["predicted"]:
        truth = parse(cell)
        assert (truth.width, truth.height) == (SIDE, SIDE)
        assert all(0 <= box.left <= box.right <= SIDE and 0 <= box.top <= box.bottom <= SIDE for box in truth.boxes)


def test_measuring_again_says_the_same(run: Run) -> None:
    key = task_named(run.task).measures.SCORE.key
    again = evaluate(run.path)
    assert again.report[key] == run.report()[key]
    everything = evaluate(run.path, photos=run.record.typed["photos"]["data"])
    assert everything.report.n == 24


def test_a_photo_of_another_shape_is_answered_in_its_own_pixels_and_drawn(run: Run, tmp_path: Path) -> None:
    Image.new("RGB", (200, 80), "navy").save(tmp_path / "wide.png")
    Image.new("RGB", (30, 60), "navy").save(tmp_path / "wide.jpg")
    answers = predict(run.path, (tmp_path / "wide.png", tmp_path / "wide.jpg"), top=2, draw=tmp_path / "drawn")
    sizes = [(truth.width, truth.height) for truth in (parse(answer.cell) for answer in answers.answers)]
    assert sizes == [(200, 80), (30, 60)]
    assert sorted(file.name for file in (tmp_path / "drawn").iterdir()) == ["wide-2.jpg", "wide.jpg"]
    assert all(json.dumps(record) for record in answers.records()) and list(answers.said())
    head, *lines = answers.csv().splitlines()
    assert all(line.count('","') == head.count('","') for line in lines)


def test_what_is_said_of_points_is_kept_in_the_run_and_measured_by_again(tmp_path: Path) -> None:
    photos = Photos(data=write_points(tmp_path / "points"), size=SIDE, normalise_by=("left", "right"), flip_pairs=("left:right",))
    run = scratch(photos, STACK, training=SHORT, out=tmp_path / "run")
    assert isinstance(run, Run)
    assert {name: run.settled[name] for name in ("normaliser", "flip_pairs")} == {
        "normaliser": {"left": 1, "right": 1},
        "flip_pairs": {"left:right": 1},
    }
    assert run.report()["normaliser"] == "the distance between 'left' and 'right'"
    again = evaluate(run.path).report
    assert again["nme"] == run.report()["nme"] and again["normaliser"] == run.report()["normaliser"]
    best = max(float(row["val_closeness"]) for row in read_history(run.path))
    assert best == pytest.approx(evaluate(run.path, split="validation").report["closeness"], abs=1e-6), "epochs are chosen by the same"


def test_a_head_of_its_own_is_not_described(tmp_path: Path) -> None:
    photos = Photos(data=write_coco(tmp_path / "photos", 6), size=SIDE)
    with pytest.raises(SpecError, match=r"must not be described with .* detect, which has its own\. Received: Head\.dense, Head\.pool"):
        scratch(photos, STACK, Head(pool="max", dense=(4,)), out=tmp_path / "run")


def test_the_command_that_follows_a_check_asks_for_the_same(tmp_path: Path) -> None:
    found = check(write_coco(tmp_path / "photos", 4), task="localize")
    assert f"tltool finetune --data {tmp_path / 'photos'} --task localize" in found.next_step
    assert [finding.name for finding in found.findings if finding.name == "small objects"] == ["small objects"]


def test_a_clean_list_is_trained_on_for_the_task_that_its_labels_are_for(tmp_path: Path) -> None:
    found = check(write_masks(tmp_path / "photos", 8), write_clean=tmp_path / "clean.csv")
    command = f"--data {tmp_path / 'clean.csv'} --task segment"
    assert command in found.next_step.replace("tltool check ", "--data ")


@pytest.mark.parametrize("run", ["detect"], indirect=True)
def test_drawings_go_into_a_folder_of_their_own(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(RunError, match="draw must be a new or empty folder"):
        predict(run.path, (tmp_path,), draw=tmp_path)


@pytest.mark.parametrize("run", ["detect"], indirect=True)
def test_what_a_run_has_learned_to_see_can_name_photos_and_the_other_way_round(run: Run, tmp_path: Path) -> None:
    classes = tmp_path / "classes"
    for name, least in {"day": 120, "night": 0}.items():
        (classes / name).mkdir(parents=True)
        for i in range(6):
            noise = np.random.default_rng(i + least).integers(least, least + 130, (SIDE, SIDE, 3), "uint8")
            Image.fromarray(noise).save(classes / name / f"{i}.png")
    named = finetune(Photos(data=classes), Backbone(name=run.path, unfreeze="none"), out=tmp_path / "named")
    assert isinstance(named, Run) and named.report().task == "classify"
    marked = Photos(data=run.record.typed["photos"]["data"], task=run.task)
    again = finetune(marked, Backbone(name=named.path), training=Training(epochs=1, batch_size=24), out=tmp_path / "again")
    assert isinstance(again, Run) and again.report().task == run.task


def test_a_chart_and_the_photos_with_the_best_and_worst_answers_are_drawn(run: Run, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    drawn = visualize(run.path, out=tmp_path / "v")
    assert {path.name for path in (tmp_path / "v").iterdir()} == {"quality.png", "best.png", "worst.png"} == {x.name for x in drawn.sheets}
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before
    assert "tltool predict" in [*drawn.said()][-1] and drawn.notes == ()
    assert visualize(run.path, out=tmp_path / "v", force=True).sheets == drawn.sheets


@pytest.mark.parametrize("run", ["instances"], indirect=True)
def test_photos_that_have_another_size_by_now_are_passed_over(run: Run, tmp_path: Path) -> None:
    moved, predictions = tmp_path / "run", run.predictions()
    shutil.copytree(run.path, moved)
    for path in predictions["path"]:
        Image.new("RGB", (20, 30)).save(tmp_path / Path(path).name)
    predictions["path"] = [str(tmp_path / Path(path).name) for path in predictions["path"]]
    predictions.to_csv(moved / "predictions.csv", index=False)
    drawn = visualize(moved, out=tmp_path / "v")
    assert [file.name for file in drawn.sheets] == ["quality.png"] and "none can be read any more as it was" in drawn.notes[0]


@pytest.mark.parametrize("run", ["detect"], indirect=True)
def test_what_is_about_a_whole_photo_is_refused(run: Run, tmp_path: Path) -> None:
    for wish, what in (
        ({"photos": (tmp_path,)}, "Photos after the run"),
        ({"layer": "conv"}, "layer"),
        ({"filter": 0}, "filter"),
        ({"explain_window": "1,1"}, "explain_window"),
    ):
        with pytest.raises(SpecError, match=rf"^{what} must go with .* says one thing of a whole photo\. Received: one of --task detect"):
            visualize(run.path, out=tmp_path / "v", **wish)
    assert not (tmp_path / "v").exists()


def test_a_run_that_was_interrupted_goes_on_to_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos, same = Photos(data=write_coco(tmp_path / "photos", 16), size=32), Training(epochs=2, batch_size=4, deterministic=True)
    whole = scratch(photos, STACK, training=same, out=tmp_path / "whole")
    save = checkpoint.save_state

    def saved_and_stopped(*state: Any) -> None:
        save(*state)
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save_state", saved_and_stopped)
    with pytest.raises(KeyboardInterrupt):
        scratch(photos, STACK, training=same, out=tmp_path / "stopped")
    monkeypatch.undo()
    went_on = scratch(**reopen(tmp_path / "stopped", scratch))
    assert isinstance(whole, Run) and isinstance(went_on, Run)
    assert [row["epoch"] for row in read_history(went_on.path)] == ["1", "2"]
    for one, other in zip(whole.model().get_weights(), went_on.model().get_weights(), strict=True):
        assert np.array_equal(one, other)
