"""How far do tasks that locate something come from random weights, with default settings, on drawn scenes?

python benchmarks/scenes.py OUT [--scenes 1500] [--seed 0] [--shuffled] [--mosaics N [--tiles N]] [TASK …]

With ``--mosaics 4`` every photo is 4 × 4 scenes side by side, and the model sees it at the size of one: its objects are small, and
``--tiles`` is to find them (detect and instances). With ``--shuffled`` every scene has the labels of another one, from which nothing can be
learned but what all of them have in common.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tltool import Photos, Training, data, scratch
from tltool.data.annotations.masks import RunLengths, framed
from tltool.data.examples.scenes import SIDE, WRITERS
from tltool.task import task_named


def shuffle(folder: Path, seed: int) -> None:
    """Give the photos in ``folder`` each other's names."""
    photos = sorted((folder / "images").iterdir())
    contents = [photo.read_bytes() for photo in photos]
    for photo, other in zip(photos, np.random.default_rng(seed).permutation(len(photos)).tolist(), strict=True):
        photo.write_bytes(contents[other])


def lay_side_by_side(scenes: Path, folder: Path, across: int) -> Path:
    """Photos of ``across`` × ``across`` of the ``scenes`` each, with all of their objects, in ``folder``."""
    content, whole = json.loads((scenes / "annotations.json").read_text(encoding="utf-8")), across * SIDE
    (folder / "images").mkdir(parents=True)
    photos = [Image.new("RGB", (whole, whole)) for _ in range(len(content["images"]) // across**2)]
    corners = {}
    for number, image in enumerate(content["images"][: len(photos) * across**2]):
        row, column = divmod(number % across**2, across)
        corners[image["id"]] = number // across**2, (column * SIDE, row * SIDE)
        photos[number // across**2].paste(Image.open(scenes / "images" / image["file_name"]), corners[image["id"]][1])
    for number, photo in enumerate(photos):
        photo.save(folder / "images" / f"{number:05d}.png")
    objects = [_moved(its, *corners[its["image_id"]], whole) for its in content["annotations"] if its["image_id"] in corners]
    content["images"] = [{"id": i, "file_name": f"{i:05d}.png", "width": whole, "height": whole} for i in range(len(photos))]
    (folder / "annotations.json").write_text(json.dumps({**content, "annotations": objects}), encoding="utf-8")
    return folder


def _moved(annotation: dict[str, Any], photo: int, corner: tuple[int, int], whole: int) -> dict[str, Any]:
    """An object of a scene where the scene lies in a photo."""
    (x, y), (left, top, wide, high) = corner, annotation["bbox"]
    mask = framed(RunLengths(annotation["segmentation"]["counts"]), (SIDE, SIDE), (-x, -y), (whole, whole))
    code = {"size": [whole, whole], "counts": mask.counts if mask else ""}
    return {**annotation, "image_id": photo, "bbox": [left + x, top + y, wide, high], "segmentation": code}


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("out", type=Path)
    asked.add_argument("tasks", nargs="*", default=[*WRITERS], metavar="TASK")
    asked.add_argument("--scenes", type=int, default=1500)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--shuffled", action="store_true")
    asked.add_argument("--mosaics", type=int)
    asked.add_argument("--tiles", type=int)
    given = asked.parse_args()
    for task in given.tasks:
        photos = data.write_scenes(given.out / f"{task}-scenes-{given.seed}", task, given.scenes, given.seed)
        if given.mosaics:
            photos = lay_side_by_side(photos, given.out / f"{task}-mosaics-{given.seed}-{given.mosaics}", given.mosaics)
        if given.shuffled:
            shuffle(photos, given.seed)
        before = time.process_time()
        wish = Photos(data=photos, task=task, tiles=given.tiles)
        run = scratch(wish, training=Training(seed=given.seed), out=given.out / task, force=True)
        seconds, report, score = time.process_time() - before, run.report().content, task_named(task).measures.SCORE
        low, high = report[f"{score.key}_interval"]
        print(f"{task}: {score.name} {report[score.key]:.3f} ({low:.3f}–{high:.3f}) on {report['n']} test scenes, {seconds:.0f} CPU-s")
        print(
            "  " + ", ".join(f"{name} {report[name]:.3f}" for name in ("ap50", "ap75", "nme", "pck_05", "pck_10") if name in report),
            flush=True,
        )
