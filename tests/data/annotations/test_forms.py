"""The same labels, whichever way they are written, come to the same truth, and lie where people see the objects."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from labelled import SIX, coco_of, write_json, write_mask, write_photo, write_six, write_voc, write_yolo
from PIL import Image

from tltool.data.annotations.class_masks import class_map
from tltool.data.annotations.folder import read_annotated
from tltool.data.annotations.masks import encode
from tltool.data.annotations.truths import Truth
from tltool.data.decoding.decoder import decode


def coco(folder: Path) -> None:
    write_six(folder / "images")
    write_json(folder / "annotations.json", coco_of({f"{name}.jpg": its for name, its in SIX.items()}))


def coco_beside(folder: Path) -> None:
    write_six(folder)
    write_json(folder / "_annotations.coco.json", coco_of({f"{name}.jpg": its for name, its in SIX.items()}))


def coco_in_parts(folder: Path) -> None:
    write_six(folder / "train2017")
    write_json(folder / "annotations" / "instances_train2017.json", coco_of({f"{name}.jpg": its for name, its in SIX.items()}))


def voc(folder: Path) -> None:
    write_six(folder / "JPEGImages")
    for name, (size, boxes) in SIX.items():
        write_voc(folder / "Annotations" / f"{name}.xml", size, boxes)


def voc_beside(folder: Path) -> None:
    write_six(folder)
    for name, (size, boxes) in SIX.items():
        write_voc(folder / f"{name}.xml", size, boxes)


def voc_from_nought(folder: Path) -> None:
    write_six(folder)
    for name, (size, boxes) in SIX.items():
        write_voc(folder / f"{name}.xml", size, boxes, first=0)


def yolo(folder: Path) -> None:
    write_six(folder / "images" / "train")
    for name, (size, boxes) in SIX.items():
        write_yolo(folder / "labels" / "train" / f"{name}.txt", size, boxes)
    (folder / "data.yaml").write_text("path: .\ntrain: images/train\nnames:\n  0: cat\n  1: dog\n")


def yolo_beside(folder: Path) -> None:
    write_six(folder / "obj")
    for name, (size, boxes) in SIX.items():
        write_yolo(folder / "obj" / f"{name}.txt", size, boxes)
    (folder / "classes.txt").write_text("cat\ndog\n")


@pytest.mark.parametrize("write", [coco, coco_beside, coco_in_parts, voc, voc_beside, voc_from_nought, yolo, yolo_beside])
def test_six_photos_have_the_same_boxes_whichever_way_they_are_written(write: Callable[[Path], None], tmp_path: Path) -> None:
    write(tmp_path)
    annotated = read_annotated(tmp_path)
    assert (annotated.classes, annotated.faults) == (["cat", "dog"], [])
    assert [(Path(photo.path).stem, (photo.width, photo.height)) for photo in annotated.photos] == [(name, SIX[name][0]) for name in SIX]
    for truth, (_, boxes) in zip(annotated.truths, SIX.values(), strict=True):
        assert [box.label for box in truth.boxes] == [label for label, *_ in boxes]
        np.testing.assert_allclose([box.corners for box in truth.boxes], [corners for _, *corners in boxes], atol=0.51)


def with_spot(folder: Path, orientation: int) -> tuple[tuple[int, int], np.ndarray]:
    """A turned photo with a bright spot: the size of the stored picture, and where it is bright there."""
    stored = np.zeros((60, 100), "uint8")
    stored[8:20, 60:92] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    (folder / "images").mkdir()
    Image.fromarray(stored).save(folder / "images" / "x.png", exif=exif)
    return (100, 60), stored > 0


def seen(folder: Path) -> np.ndarray:
    """Where the photo is bright as the decoder shows it."""
    return decode(folder / "images" / "x.png")[..., 0] > 128


def corners_of(mask: np.ndarray) -> tuple[float, ...]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def read_one(folder: Path, task: str | None = None) -> Truth:
    (truth,) = read_annotated(folder, task).truths
    return truth


TURNED = pytest.mark.parametrize("orientation", range(1, 9))
SIDEWAYS = pytest.mark.parametrize("orientation", [1, 5, 6, 7, 8])


@SIDEWAYS
def test_coco_labels_of_the_stored_picture_are_turned_with_it(orientation: int, tmp_path: Path) -> None:
    size, stored = with_spot(tmp_path, orientation)
    content = coco_of({"x.png": (size, [("cat", *corners_of(stored))])})
    content["annotations"][0] |= {"segmentation": {"size": [60, 100], "counts": encode(stored).counts}}
    content["categories"][0] |= {"keypoints": ["tip"]}
    content["annotations"][0] |= {"keypoints": [corners_of(stored)[0] + 0.5, corners_of(stored)[1] + 0.5, 2]}
    content["annotations"].append(content["annotations"][0] | {"segmentation": [[60, 8, 92, 8, 92, 20, 60, 20]], "keypoints": []})
    write_json(tmp_path / "annotations.json", content)
    truth = read_one(tmp_path)
    assert {box.corners for box in truth.boxes} == {corners_of(seen(tmp_path))}
    np.testing.assert_array_equal(truth.mask(0), seen(tmp_path))
    np.testing.assert_array_equal(truth.mask(1), seen(tmp_path))
    (tip,) = truth.instances[0].points
    assert seen(tmp_path)[int(tip.y), int(tip.x)]
    assert min(abs(tip.x - x) for x in truth.boxes[0].corners[::2]) == min(abs(tip.y - y) for y in truth.boxes[0].corners[1::2]) == 0.5


@TURNED
def test_coco_labels_of_the_upright_photo_stay(orientation: int, tmp_path: Path) -> None:
    with_spot(tmp_path, orientation)
    bright = seen(tmp_path)
    write_json(tmp_path / "annotations.json", coco_of({"x.png": (bright.shape[::-1], [("cat", *corners_of(bright))])}))
    assert read_one(tmp_path).boxes[0].corners == corners_of(bright)


@SIDEWAYS
def test_voc_boxes_of_the_stored_picture_are_turned_with_it(orientation: int, tmp_path: Path) -> None:
    size, stored = with_spot(tmp_path, orientation)
    write_voc(tmp_path / "annotations" / "x.xml", size, [("cat", *corners_of(stored))])
    assert read_one(tmp_path).boxes[0].corners == corners_of(seen(tmp_path))


@TURNED
def test_yolo_boxes_are_of_the_upright_photo(orientation: int, tmp_path: Path) -> None:
    with_spot(tmp_path, orientation)
    bright = seen(tmp_path)
    write_yolo(tmp_path / "labels" / "x.txt", bright.shape[::-1], [("cat", *corners_of(bright))])
    np.testing.assert_allclose(read_one(tmp_path).boxes[0].corners, corners_of(bright), atol=1e-3)


@SIDEWAYS
def test_masks_of_the_stored_size_are_turned_with_their_photo(orientation: int, tmp_path: Path) -> None:
    _, stored = with_spot(tmp_path, orientation)
    write_mask(tmp_path / "masks" / "x.png", stored)
    truth = read_one(tmp_path)
    assert truth.areas
    np.testing.assert_array_equal(class_map(truth.areas, truth.width, truth.height, ("0", "1")), seen(tmp_path))


@TURNED
def test_masks_of_the_upright_size_stay(orientation: int, tmp_path: Path) -> None:
    with_spot(tmp_path, orientation)
    write_mask(tmp_path / "masks" / "x.png", seen(tmp_path))
    truth = read_one(tmp_path)
    assert truth.areas
    np.testing.assert_array_equal(class_map(truth.areas, truth.width, truth.height, ("0", "1")), seen(tmp_path))


def test_a_photo_turned_by_a_jpeg_is_measured_upright(tmp_path: Path) -> None:
    write_photo(tmp_path / "x.jpg", (40, 20), orientation=6)
    write_yolo(tmp_path / "x.txt", (20, 40), [("cat", 0, 0, 20, 40)])
    assert read_one(tmp_path).boxes[0].corners == (0, 0, 20, 40)
