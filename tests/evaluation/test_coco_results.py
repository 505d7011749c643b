"""What is found leaves as COCO results: COCO's own tools load it, and measure by it what tltool measures."""

import contextlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from marked import SIDE, write_coco, write_masks, write_outlines
from PIL import Image

from tltool import ConvStack, Photos, Training, evaluate, predict, scratch
from tltool.data.annotations.cells import parse, write
from tltool.data.annotations.coco_ids import Ids, ids_beside
from tltool.data.annotations.masks import Polygons
from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.data.photos import read_photos
from tltool.errors import RunError, SpecError
from tltool.evaluation.coco_results import write_results
from tltool.evaluation.results import Answer, Answers
from tltool.runs import Run
from tltool.task import task_named

SHORT = Training(epochs=8, batch_size=4)


def learned(folder: Path, task: str, out: Path) -> Run:
    run = scratch(Photos(data=folder, task=task, size=SIDE), ConvStack(filters=(8, 16, 16)), training=SHORT, out=out)
    assert isinstance(run, Run)
    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run on images whose ids begin with 100."""
    folder = write_coco(tmp_path_factory.mktemp("photos") / "marked")
    content = json.loads((folder / "annotations.json").read_text())
    for record in content["images"]:
        record["id"] += 100
    for record in content["annotations"]:
        record["image_id"] += 100
        record["id"] += 1
    (folder / "annotations.json").write_text(json.dumps(content))
    return learned(folder, "detect", tmp_path_factory.mktemp("runs") / "run")


def photos_of(run: Run) -> Path:
    return Path(run.record.typed["photos"]["data"])


def average_precision(truth: Path, results: Path, kind: str) -> float:
    """As COCO's own tools have it, on the images of the results."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO(truth)
        measured = COCOeval(known, known.loadRes(str(results)), kind)
        measured.evaluate()
        measured.accumulate()
        measured.summarize()
    return float(measured.stats[0])


def test_cocos_own_tools_find_the_ap_that_tltool_says(run: Run, tmp_path: Path) -> None:
    everything = photos_of(run)
    predict(run.path, (everything / "images",), coco=tmp_path / "found.json")
    said = evaluate(run.path, photos=everything).report["ap"]
    assert average_precision(everything / "annotations.json", tmp_path / "found.json", "bbox") == pytest.approx(said, abs=1e-4)
    assert said > 0


def test_masks_are_measured_alike(tmp_path: Path) -> None:
    folder = write_outlines(tmp_path / "photos", 8)
    samples = read_photos(folder, task="instances")
    cells = [write(moved(truth, by)) for by, truth in enumerate(samples.labels)]
    answers = Answers([Answer(path, [], cell=cell) for path, cell in zip(samples.paths, cells, strict=True)], task="instances")
    write_results(answers, samples.classes, Ids(), tmp_path / "found.json")
    content = json.loads((folder / "annotations.json").read_text())
    for record in content["annotations"]:
        record |= {"id": record["id"] + 1, "image_id": record["image_id"] + 1, "category_id": 1}
    for record in [*content["images"], *content["categories"]]:
        record["id"] = record["id"] + 1 if "file_name" in record else 1
    (tmp_path / "truth.json").write_text(json.dumps(content))
    said = task_named("instances").measures.score(samples.labels, [*map(parse, cells)], samples.classes)
    assert 0.3 < said < 1
    assert average_precision(tmp_path / "truth.json", tmp_path / "found.json", "segm") == pytest.approx(said, abs=1e-6)


def moved(truth: Truth, by: int) -> Truth:
    """An answer: every object ``by`` / 2 pixels further to the right, and the less sure the further."""
    (box, mask, _), *_ = truth.instances
    assert isinstance(mask, Polygons)
    rings = tuple(tuple((np.reshape(ring, (-1, 2)) + (by / 2, 0)).ravel().tolist()) for ring in mask.rings)
    place = (box.left + by / 2, box.top, box.right + by / 2, box.bottom)
    return Truth(truth.width, truth.height, (Instance(Box.of(box.label, place, score=0.9 - by / 100), Polygons(rings)),))


def test_detections_have_the_ids_of_the_annotations_and_all_scores(run: Run, tmp_path: Path) -> None:
    images = photos_of(run) / "images"
    answers = predict(run.path, (images / "03.png", images / "01.png"), coco=tmp_path / "found.json", top=1)
    found: list[dict[str, Any]] = json.loads((tmp_path / "found.json").read_text())
    assert {one["image_id"] for one in found} == {103, 101} and {one["category_id"] for one in found} == {7}
    assert len(found) > sum(len(answer.top) for answer in answers.answers)
    assert not any("segmentation" in one for one in found)


def test_a_photo_that_no_annotation_names_gets_the_next_number(run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (80, 200, 3), "uint8")).save(tmp_path / "wide.png")
    predict(run.path, (photos_of(run) / "images" / "02.png", tmp_path / "wide.png"), coco=tmp_path / "found.json")
    found = json.loads((tmp_path / "found.json").read_text())
    assert {one["image_id"] for one in found} == {102, 124}
    assert "such as" in caplog.text and "their ids are new" in caplog.text
    reach = max(one["bbox"][0] + one["bbox"][2] for one in found if one["image_id"] == 124)
    assert SIDE < reach <= 200 and all(one["bbox"][1] + one["bbox"][3] <= 80 for one in found)


def test_without_annotations_ids_count_from_one(run: Run, tmp_path: Path) -> None:
    moved, images = tmp_path / "run", shutil.copytree(photos_of(run) / "images", tmp_path / "images")
    shutil.copytree(run.path, moved)
    record = json.loads((moved / "run.json").read_text())
    record["typed"]["photos"]["data"] = str(tmp_path / "gone")
    (moved / "run.json").write_text(json.dumps(record))
    (images / "broken.png").write_bytes(b"no photo")
    predict(moved, (images / "broken.png", images / "05.png", images / "04.png", images / "05.png"), coco=tmp_path / "found.json")
    found = json.loads((tmp_path / "found.json").read_text())
    alone = predict(moved, (images / "05.png",), coco=tmp_path / "alone.json")
    assert [one["image_id"] for one in found] == sorted(one["image_id"] for one in found)
    assert {one["image_id"] for one in found} == {2, 3} and {one["category_id"] for one in found} == {1}
    first = [one["bbox"] for one in found if one["image_id"] == 2]
    assert len(alone.answers) == 1 and first == [one["bbox"] for one in json.loads((tmp_path / "alone.json").read_text())]


def test_results_on_turned_photos_lie_where_the_annotations_do(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 96, 3), "uint8")).save(tmp_path / "photos" / "a.jpg", exif=exif)
    outline = [10, 5, 40, 5, 40, 25, 10, 25]
    entry = {"id": 1, "image_id": 5, "category_id": 7, "bbox": [10, 5, 30, 20], "segmentation": [outline], "area": 600, "iscrowd": 0}
    image = {"id": 5, "file_name": "a.jpg", "width": 96, "height": 64}
    content = {"images": [image], "categories": [{"id": 7, "name": "cat"}], "annotations": [entry]}
    (tmp_path / "photos" / "annotations.json").write_text(json.dumps(content))
    samples = read_photos(tmp_path / "photos", task="instances")
    assert samples.labels[0].boxes[0].corners == (39, 10, 59, 40)
    answers = Answers([Answer(samples.paths[0], [], cell=samples.table["label"][0])], task="instances")
    ids = ids_beside(str(tmp_path / "photos"), "instances", samples.paths)
    write_results(answers, samples.classes, ids, tmp_path / "found.json")
    (found,) = json.loads((tmp_path / "found.json").read_text())
    assert (found["image_id"], found["category_id"], found["bbox"]) == (5, 7, [10, 5, 30, 20])
    for kind in ("bbox", "segm"):
        assert average_precision(tmp_path / "photos" / "annotations.json", tmp_path / "found.json", kind) == pytest.approx(1)


def test_what_is_there_already_is_left_as_it_was(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("mine")
    photo = photos_of(run) / "images" / "00.png"
    with pytest.raises(RunError, match=r"coco must name a new file\. Received: .*mine\.json"):
        predict(run.path, (photo,), coco=tmp_path / "mine.json")
    assert (tmp_path / "mine.json").read_text() == "mine"
    with pytest.raises(SpecError, match=r"coco must end in \.json\. Received: .*found\.txt"):
        predict(run.path, (photo,), coco=tmp_path / "found.txt")
    with pytest.raises(RunError, match="in a folder that is there and can be written"):
        predict(run.path, (photo,), coco=tmp_path / "nowhere" / "found.json")


def test_a_model_that_finds_no_boxes_is_refused(tmp_path: Path) -> None:
    run = learned(write_masks(tmp_path / "photos", 12), "segment", tmp_path / "run")
    with pytest.raises(SpecError, match=r"must go with a model that finds boxes.* Received: segment"):
        predict(run.path, (tmp_path / "photos" / "images" / "00.png",), coco=tmp_path / "found.json")
    assert not (tmp_path / "found.json").exists()
