"""Small photos with a bright square on dark noise, and where it is, as programs for marking photos write it."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 48


def draw_squares(folder: Path, n: int, seed: int = 0) -> list[tuple[int, int, int]]:
    """Write ``images/i.png`` of ``n`` photos; the left side, top and width of each square."""
    random, found = np.random.default_rng(seed), []
    (folder / "images").mkdir(parents=True)
    for i in range(n):
        wide = int(random.integers(14, 26))
        left, top = (int(place) for place in random.integers(2, SIDE - wide - 2, 2))
        photo = random.integers(0, 70, (SIDE, SIDE, 3), "uint8")
        photo[top : top + wide, left : left + wide] = random.integers(180, 255, 3)
        Image.fromarray(photo).save(folder / "images" / f"{i:02}.png")
        found.append((left, top, wide))
    return found


def write_coco(folder: Path, n: int = 24, seed: int = 0) -> Path:
    """Photos with a COCO JSON of one box each."""
    squares = draw_squares(folder, n, seed)
    content = {
        "images": [{"id": i, "file_name": f"{i:02}.png", "width": SIDE, "height": SIDE} for i in range(n)],
        "annotations": [
            {"id": i, "image_id": i, "category_id": 7, "bbox": [left, top, wide, wide], "area": wide**2, "iscrowd": 0}
            for i, (left, top, wide) in enumerate(squares)
        ],
        "categories": [{"id": 7, "name": "square"}],
    }
    (folder / "annotations.json").write_text(json.dumps(content))
    return folder


def write_points(folder: Path, n: int = 24, seed: int = 0) -> Path:
    """Photos with a COCO JSON of the upper corners and the middle of one square each; of every fifth photo the middle is not marked."""
    content = json.loads((write_coco(folder, n, seed) / "annotations.json").read_text())
    content["categories"][0]["keypoints"] = ["left", "right", "middle"]
    for i, annotation in enumerate(content["annotations"]):
        left, top, wide, _ = annotation["bbox"]
        middle = (0, 0, 0) if i % 5 == 4 else (left + wide / 2, top + wide / 2, 2)
        annotation |= {"keypoints": [left, top, 2, left + wide, top, 1, *middle], "num_keypoints": 2 + (i % 5 < 4)}
    (folder / "annotations.json").write_text(json.dumps(content))
    return folder


def write_outlines(folder: Path, n: int = 24, seed: int = 0) -> Path:
    """The same with the outline of every square."""
    file = write_coco(folder, n, seed) / "annotations.json"
    content = json.loads(file.read_text())
    for annotation in content["annotations"]:
        left, top, wide, high = annotation["bbox"]
        annotation["segmentation"] = [[left, top, left + wide, top, left + wide, top + high, left, top + high]]
    file.write_text(json.dumps(content))
    return folder


def write_masks(folder: Path, n: int = 24, seed: int = 0) -> Path:
    """Photos with a mask each, of ground and square."""
    (folder / "masks").mkdir(parents=True)
    for i, (left, top, wide) in enumerate(draw_squares(folder, n, seed)):
        mask = np.zeros((SIDE, SIDE), "uint8")
        mask[top : top + wide, left : left + wide] = 1
        Image.fromarray(mask).save(folder / "masks" / f"{i:02}.png")
    (folder / "classes.txt").write_text("ground\nsquare\n")
    return folder


WRITERS = {"detect": write_coco, "localize": write_coco, "instances": write_outlines, "segment": write_masks, "landmarks": write_points}
