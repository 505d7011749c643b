"""Scenes are labelled as they were drawn, and read as other people's labels are."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from tltool import data
from tltool.data.annotations.class_masks import class_map
from tltool.data.examples.scenes import GROUND, POINTS, SHAPES, WRITERS, draw_discs, draw_kite, draw_scene, write_scenes
from tltool.data.samples import Samples

FEW, SIDE = 12, 48


def read(folder: Path, task: str) -> Samples:
    return data.read_photos(write_scenes(folder, task, FEW, seed=3, side=SIDE), task=task)


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.mark.parametrize("task", WRITERS)
def test_a_seed_repeats_its_scenes_and_fewer_of_them_are_the_first_of_many(task: str, tmp_path: Path) -> None:
    many, again, other = (content(write_scenes(tmp_path / name, task, 4, seed, SIDE)) for name, seed in (("a", 0), ("b", 0), ("c", 1)))
    few = content(write_scenes(tmp_path / "few", task, 2, 0, SIDE))
    pictures = [name for name in few if name.endswith(".png")]
    assert many == again and [many[name] for name in pictures] == [few[name] for name in pictures]
    assert all(many[name] != other[name] for name in pictures if name.startswith("images"))


def test_every_shape_has_a_box_and_a_mask_of_what_is_seen_of_it(tmp_path: Path) -> None:
    samples = read(tmp_path, "detect")
    assert samples.classes == [*SHAPES] and len(samples.labels) == FEW
    for number, truth in enumerate(samples.labels):
        scene = draw_scene(SIDE, np.random.default_rng((3, number)))
        assert [box.label for box in truth.boxes] == [*scene.labels]
        for place, (_, mask) in enumerate(scene.masks()):
            rows, columns = np.nonzero(mask)
            assert truth.boxes[place].corners == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_the_masks_in_the_file_are_those_of_the_scene(tmp_path: Path) -> None:
    from pycocotools import mask as coco

    annotations = json.loads((write_scenes(tmp_path, "detect", FEW, 3, SIDE) / "annotations.json").read_text())["annotations"]
    drawn = [mask for number in range(FEW) for _, mask in draw_scene(SIDE, np.random.default_rng((3, number))).masks()]
    assert len(annotations) == len(drawn) and [entry["id"] for entry in annotations] == [*range(1, len(drawn) + 1)]
    for entry, mask in zip(annotations, drawn, strict=True):
        assert (coco.decode(entry["segmentation"]) == mask).all() and entry["area"] == mask.sum()


def test_every_pixel_has_the_class_of_the_shape_in_front(tmp_path: Path) -> None:
    samples = read(tmp_path, "segment")
    assert samples.classes == [GROUND, *SHAPES] and len(samples.labels) == FEW
    for number, truth in enumerate(samples.labels):
        scene = draw_scene(SIDE, np.random.default_rng((3, number)))
        wanted = np.array([GROUND, *scene.labels])[scene.owners]
        assert (np.array(samples.classes)[class_map(truth.areas, SIDE, SIDE, samples.classes)] == wanted).all()


def test_every_class_has_the_same_chances() -> None:
    counts = Counter(label for number in range(150) for label in draw_scene(SIDE, np.random.default_rng((0, number))).labels)
    assert set(counts) == set(SHAPES) and min(counts.values()) > 0.27 * counts.total()


def test_shapes_lie_in_front_of_one_another_and_most_of_each_is_seen() -> None:
    scenes = [draw_scene(SIDE, np.random.default_rng((0, number))) for number in range(100)]
    touching = [_touch(scene.owners) for scene in scenes]
    counts = Counter(len(scene.labels) for scene in scenes)
    assert 5 < sum(touching) < 60 and counts[0] and counts[1] and counts[4]
    assert min(mask.sum() for scene in scenes for _, mask in scene.masks()) > 10


def test_the_points_of_a_kite_are_its_corners(tmp_path: Path) -> None:
    samples = read(tmp_path, "landmarks")
    assert sorted(samples.classes) == sorted(POINTS)
    for number, truth in enumerate(samples.labels):
        photo, points = draw_kite(SIDE, np.random.default_rng((3, number)))
        assert np.allclose(truth.coordinates(0, tuple(POINTS)), points)
        assert (photo == np.asarray(Image.open(tmp_path / "images" / f"{number:05d}.png"))).all()
        assert (points > 0).all() and (points < SIDE).all()
        nose, right, tail, left = points
        down, across = tail - nose, right - left
        assert abs(down @ across) < 1e-6, "its spars cross at a right angle"
        assert down[0] * across[1] - down[1] * across[0] < 0, "looked at along the tail, its right is where it is in the drawing"


def _touch(owners: np.ndarray) -> bool:
    """Whether two shapes lie side by side in a row."""
    left, right = owners[:, :-1], owners[:, 1:]
    return bool(((left != right) & (left > 0) & (right > 0)).any())


def test_discs_touch_so_that_pieces_of_a_perfect_mask_are_no_objects(tmp_path: Path) -> None:
    scenes = [draw_discs(SIDE, np.random.default_rng((0, number))) for number in range(60)]
    pieces = [ndimage.label(scene.owners > 0)[1] for scene in scenes]
    assert all(3 <= len(scene.labels) <= 7 and set(np.unique(scene.owners)) == {*range(len(scene.labels) + 1)} for scene in scenes)
    assert sum(pieces) < 0.35 * sum(len(scene.labels) for scene in scenes)
    samples = read(tmp_path, "instances")
    assert samples.classes == ["disc"] and len(samples.labels) == FEW
