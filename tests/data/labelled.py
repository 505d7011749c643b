"""Small photos with labels, written in the forms that others write: each writer follows its format's own description."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from PIL import Image

Boxes = Sequence[tuple[str, float, float, float, float]]  # label, left, top, right, bottom

# six photos: their sizes, and boxes in places that no rounding hides
SIX: dict[str, tuple[tuple[int, int], Boxes]] = {
    "a": ((64, 48), [("cat", 0, 0, 64, 48)]),
    "b": ((48, 64), [("dog", 3, 5, 20.4, 33), ("cat", 10.5, 8, 47, 63.5)]),
    "c": ((50, 50), []),
    "d": ((97, 31), [("dog", 90, 1, 97, 31)]),
    "e": ((31, 97), [("cat", 1, 2, 3, 4), ("cat", 1, 2, 30, 40), ("dog", 5, 60, 15, 90)]),
    "f": ((128, 128), [("dog", 33.3, 33.3, 66.6, 99.9)]),
}


def write_photo(path: Path, size: tuple[int, int], orientation: int = 1, seed: int = 0) -> Path:
    """Noise, of that size as it is stored; a camera's turn stands in its EXIF."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    if orientation != 1:
        exif[0x0112] = orientation
    noise = np.random.default_rng((seed, *size)).integers(0, 255, (*size[::-1], 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, exif=exif)
    return path


def write_six(folder: Path) -> None:
    for seed, (name, (size, _)) in enumerate(SIX.items()):
        write_photo(folder / f"{name}.jpg", size, seed=seed)


def coco_of(boxes: Mapping[str, tuple[tuple[int, int], Boxes]], classes: Sequence[str] = ("cat", "dog")) -> dict[str, Any]:
    """File name → size and boxes, as COCO has them; category ids have gaps."""
    ids = {label: 3 + 4 * i for i, label in enumerate(classes)}
    images = [{"id": i, "file_name": name, "width": size[0], "height": size[1]} for i, (name, (size, _)) in enumerate(boxes.items())]
    annotations = [
        {"image_id": i, "category_id": ids[label], "bbox": [left, top, right - left, bottom - top]}
        for i, (_, its) in enumerate(boxes.values())
        for label, left, top, right, bottom in its
    ]
    categories = [{"id": i, "name": label} for label, i in ids.items()]
    return {"images": images, "annotations": annotations, "categories": categories}


def write_json(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def write_voc(path: Path, size: tuple[int, int], boxes: Boxes, first: int = 1) -> Path:
    """Whole pixels counted from ``first``, the last included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    objects = "".join(
        f"<object><name>{escape(label)}</name><bndbox><xmin>{round(left) + first}</xmin><ymin>{round(top) + first}</ymin>"
        f"<xmax>{round(right)}</xmax><ymax>{round(bottom)}</ymax></bndbox></object>"
        for label, left, top, right, bottom in boxes
    )
    path.write_text(
        f"<annotation><filename>{path.stem}.jpg</filename><size><width>{size[0]}</width><height>{size[1]}</height></size>{objects}</annotation>"
    )
    return path


def write_yolo(path: Path, size: tuple[int, int], boxes: Boxes, classes: Sequence[str] = ("cat", "dog")) -> Path:
    """Shares of the sides, of six digits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    width, height = size
    lines = [
        f"{classes.index(label)} {(left + right) / 2 / width:.6f} {(top + bottom) / 2 / height:.6f} "
        f"{(right - left) / width:.6f} {(bottom - top) / height:.6f}"
        for label, left, top, right, bottom in boxes
    ]
    path.write_text("\n".join(lines))
    return path


def write_mask(path: Path, values: np.ndarray | Iterable[Iterable[int]], mode: str = "L") -> Path:
    """A PNG of those pixel values."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(np.asarray(values, np.uint8))
    if mode == "P":
        picture.putpalette([*range(256)] * 3)
    picture.save(path)
    return path
