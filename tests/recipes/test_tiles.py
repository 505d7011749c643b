"""Small objects in large photos: learned from tiles, found in tiles, said of whole photos."""

import json
from pathlib import Path

import numpy as np
import pytest
from marked import SIDE, write_coco, write_masks, write_outlines, write_points
from PIL import Image

from tltool import ConvStack, Photos, Training, evaluate, export, predict, scratch, verify
from tltool.data.annotations.cells import parse
from tltool.data.annotations.truths import Truth
from tltool.errors import SpecError
from tltool.runs import Run
from tltool.runs.record import read_history
from tltool.runs.resuming import reopen

LARGE, SIZE = 192, 48  # pixels of a photo and of what the model sees: a quarter
STACK = ConvStack(filters=(8, 16))


def write_small(folder: Path, n: int = 24, seed: int = 0) -> Path:
    """Photos of four bright squares of 7 to 12 pixels in 192."""
    random, annotations = np.random.default_rng(seed), []
    (folder / "images").mkdir(parents=True)
    for i in range(n):
        photo = random.integers(0, 70, (LARGE, LARGE, 3), "uint8")
        for _ in range(4):
            wide = int(random.integers(7, 13))
            left, top = random.integers(0, LARGE - wide, 2).tolist()
            photo[top : top + wide, left : left + wide] = random.integers(180, 255, 3)
            annotations.append({"id": len(annotations) + 1, "image_id": i, "category_id": 7, "bbox": [left, top, wide, wide]})
        Image.fromarray(photo).save(folder / "images" / f"{i:02}.png")
    images = [{"id": i, "file_name": f"{i:02}.png", "width": LARGE, "height": LARGE} for i in range(n)]
    content = {"images": images, "annotations": annotations, "categories": [{"id": 7, "name": "square"}]}
    (folder / "annotations.json").write_text(json.dumps(content))
    return folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small(tmp_path_factory.mktemp("photos") / "small")


@pytest.fixture(scope="module")
def run(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    training = Training(epochs=5, batch_size=4)
    run = scratch(Photos(data=photos, size=SIZE, tiles=3), STACK, training=training, out=tmp_path_factory.mktemp("runs") / "tiles")
    assert isinstance(run, Run)
    return run


def test_small_objects_are_found_that_are_not_without_tiles(run: Run, photos: Path, tmp_path: Path) -> None:
    whole = scratch(Photos(data=photos, size=SIZE), STACK, training=Training(epochs=20, batch_size=4), out=tmp_path / "whole")
    assert isinstance(whole, Run) and "tiles" not in whole.record.content
    found, without = run.report(), whole.report()
    assert found["ap50"] > 0.35 and found["ap50"] > without["ap50"] + 0.25 and found["ap"] > without["ap"] + 0.05


def test_all_of_it_is_about_whole_photos(run: Run) -> None:
    report, predictions = run.report(), run.predictions()
    assert run.record.tiles == 3 and report["n"] == len(predictions) == 4 and run.record.training_photos == 16
    assert report["objects"] == 16
    for cell, label in zip(predictions["predicted"], predictions["label"], strict=True):
        assert (parse(cell).width, parse(label).height, len(parse(label).boxes)) == (LARGE, LARGE, 4)


def test_measuring_again_and_predicting_say_the_same(run: Run) -> None:
    assert evaluate(run.path).report["ap"] == run.report()["ap"]
    predictions = run.predictions()
    answers = predict(run.path, tuple(map(Path, predictions["path"]))).answers
    assert [answer.cell for answer in answers] == predictions["predicted"].tolist()
    with_data = evaluate(run.path, photos=run.record.typed["photos"]["data"]).report
    assert with_data["n"] == 24 and with_data["objects"] == 96


def test_epochs_are_chosen_by_whole_photos(run: Run) -> None:
    best = max(float(row["val_ap"]) for row in read_history(run.path))
    assert best == pytest.approx(evaluate(run.path, split="validation").report["ap"], abs=0.02)


def test_a_run_goes_on_with_its_tiles(run: Run) -> None:
    assert reopen(run.path, scratch)["photos"].tiles == 3


def test_an_exported_file_cuts_photos_too_and_its_card_says_so(run: Run) -> None:
    export(run.path, force=True)
    file = run.path / "exports" / "model-float32.tflite"
    card = json.loads((run.path / "exports" / "model_card.json").read_text())
    assert card["tiles"] == 3 and "3 × 3 tiles" in (run.path / "exports" / "MODEL_CARD.md").read_text()
    assert evaluate(file).report["ap"] == pytest.approx(run.report()["ap"], abs=0.005)
    photo = Path(run.predictions()["path"][0])
    ours, theirs = (parse(predict(model, (photo,)).answers[0].cell) for model in (run.path, file))
    sure = [[box.corners for box in truth.boxes if box.score > 0.1] for truth in (ours, theirs)]
    assert sure[0] and np.abs(np.array(sure[0]) - np.array(sure[1])).max() < 0.5
    assert verify(run.path / "exports").exit_code == 0


def test_masks_are_put_together_in_pixels_of_the_photo(tmp_path: Path) -> None:
    wish = Photos(data=write_outlines(tmp_path / "photos"), task="instances", size=32, tiles=2)
    run = scratch(wish, STACK, training=Training(epochs=1, batch_size=16), out=tmp_path / "run")
    assert isinstance(run, Run) and run.report()["n"] == 4
    answers: list[Truth] = [*map(parse, run.predictions()["predicted"])]
    assert {(its.width, its.height) for its in answers} == {(SIDE, SIDE)}
    assert all(its.mask(place).shape == (SIDE, SIDE) and its.mask(place).any() for its in answers for place in range(len(its.instances)))
    assert evaluate(run.path).report["mask_ap"] == run.report()["mask_ap"]


def write_classes(folder: Path, n: int) -> Path:
    """Photos in class folders."""
    for name in ("day", "night"):
        (folder / name).mkdir(parents=True)
        for i in range(n):
            noise = np.random.default_rng((i, len(name))).integers(0, 255, (SIDE, SIDE, 3), "uint8")
            Image.fromarray(noise).save(folder / name / f"{i}.png")
    return folder


@pytest.mark.parametrize(
    ("task", "write"), [("localize", write_coco), ("segment", write_masks), ("landmarks", write_points), ("classify", write_classes)]
)
def test_what_is_one_answer_about_a_photo_is_refused(tmp_path: Path, task: str, write) -> None:
    with pytest.raises(SpecError, match=rf"tiles must go with objects that are found one by one, .* Received: Photos\.task {task}\."):
        scratch(Photos(data=write(tmp_path / "photos", 8), task=task, tiles=2), STACK, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("tiles", [1, 9])
def test_one_tile_is_no_cut_and_there_are_no_more_than_eight_a_side(tiles: int) -> None:
    with pytest.raises(SpecError, match="tiles"):
        Photos(data="photos", tiles=tiles)
