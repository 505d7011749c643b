"""Drawn scenes with labels: shapes that are to be found or outlined, discs to be told apart, and a kite whose points are to be found.

Nothing but its outline tells what a shape is: all of them have colours, sizes and places of the same chances, and so have the crosses and
strokes between them, which are none of the classes. What is labelled of a shape is what is seen of it.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from tltool.data.annotations.masks import encode

SIDE = 96  # pixels of a scene
FINE = 4  # times as many while it is drawn, so that edges come out smooth
MOST, LIKELY = 5, 0.45  # shapes of a scene, and the chance of each of them: 2.25 on average, and none in 5 % of the scenes
SMALLEST, LARGEST = 0.1, 0.24  # from the middle of a shape to its corners, in sides of the scene
LEAN, LEAN_OF_KITE = 20, 60  # degrees, at most, to either side
DISCS, DISC = (3, 7), (0.08, 0.13)  # touching discs of a scene, and their radius in sides of it
OVERLAP = 0.97  # of what two radii reach together: so far from each other are the middles of discs that touch
KITE = 0.2, 0.34  # the same of a kite, whose longest side that is
APART = 0.7  # of what two shapes reach together: nearer they do not come, so that most of each is seen
CONTRAST = 110  # at least, between the colour of a shape and the ground: a distance in RGB
NOISE = 8  # grey levels
GROUND = "background"


class Scene(NamedTuple):
    """A picture of shapes.

    Attributes:
        photo: uint8 RGB [side, side, 3].
        labels: the class of each shape.
        owners: which shape is seen in each pixel, counted from 1, and 0 where there is none: uint8 [side, side].
    """

    photo: np.ndarray
    labels: tuple[str, ...]
    owners: np.ndarray

    def masks(self) -> Iterator[tuple[str, np.ndarray]]:
        """The class of each shape and its pixels, bool [side, side]."""
        return ((label, self.owners == number) for number, label in enumerate(self.labels, start=1))


def write_scenes(folder: Path, task: str, scenes: int, seed: int = 0, side: int = SIDE) -> Path:
    """Write ``scenes`` of ``side`` × ``side`` pixels with the labels that a ``task`` of ``WRITERS`` learns from, and return ``folder``."""
    return WRITERS[task](folder, scenes, seed, side)


def write_objects(folder: Path, scenes: int, seed: int = 0, side: int = SIDE) -> Path:
    """Write ``folder/images/N.png`` and, in ``folder/annotations.json`` as COCO has it, the box and the mask of every shape; return
    ``folder``."""
    drawn = [draw_scene(side, random) for random in _generators(scenes, seed)]
    _write_photos(folder, [scene.photo for scene in drawn])
    categories = [{"id": number, "name": name} for number, name in enumerate(SHAPES, start=1)]
    annotations = [
        {"image_id": number, "category_id": [*SHAPES].index(label) + 1, **_outlined(mask)}
        for number, scene in enumerate(drawn)
        for label, mask in scene.masks()
    ]
    return _write_coco(folder, scenes, side, categories, annotations)


def write_discs(folder: Path, scenes: int, seed: int = 0, side: int = SIDE) -> Path:
    """Write ``folder/images/N.png``, discs of one colour that touch, and their boxes and masks in ``folder/annotations.json`` as COCO
    has them; return ``folder``."""
    drawn = [draw_discs(side, random) for random in _generators(scenes, seed)]
    _write_photos(folder, [scene.photo for scene in drawn])
    annotations = [
        {"image_id": number, "category_id": 1, **_outlined(mask)} for number, scene in enumerate(drawn) for _, mask in scene.masks()
    ]
    return _write_coco(folder, scenes, side, [{"id": 1, "name": "disc"}], annotations)


def write_areas(folder: Path, scenes: int, seed: int = 0, side: int = SIDE) -> Path:
    """Write ``folder/images/N.png``, the class of each pixel in ``folder/masks/N.png`` and their names in ``folder/classes.txt``; return
    ``folder``."""
    drawn, classes = [draw_scene(side, random) for random in _generators(scenes, seed)], [GROUND, *SHAPES]
    _write_photos(folder, [scene.photo for scene in drawn])
    values = [np.array([0, *map(classes.index, scene.labels)], np.uint8) for scene in drawn]
    _write_photos(folder, [value[scene.owners] for value, scene in zip(values, drawn, strict=True)], "masks")
    (folder / "classes.txt").write_text("".join(f"{name}\n" for name in classes), encoding="utf-8")
    return folder


def write_kites(folder: Path, scenes: int, seed: int = 0, side: int = SIDE) -> Path:
    """Write ``folder/images/N.png``, one kite in each, and its four points in ``folder/annotations.json`` as COCO has it; return
    ``folder``."""
    drawn = [draw_kite(side, random) for random in _generators(scenes, seed)]
    _write_photos(folder, [photo for photo, _ in drawn])
    annotations = [
        {
            "image_id": number,
            "category_id": 1,
            "bbox": [*points.min(axis=0).tolist(), *np.ptp(points, axis=0).tolist()],
            "keypoints": np.insert(points, 2, 2, axis=1).ravel().tolist(),
            "num_keypoints": len(points),
        }
        for number, (_, points) in enumerate(drawn)
    ]
    return _write_coco(folder, scenes, side, [{"id": 1, "name": "kite", "keypoints": [*POINTS]}], annotations)


def draw_scene(side: int, random: np.random.Generator) -> Scene:
    """Shapes on noisy ground, some of them partly in front of others, with crosses and strokes behind them."""
    picture, ground = _ground(side, random)
    owners, labels = Image.new("L", picture.size), []
    _clutter(picture, ground, random)
    for reach, centre in _places(random.binomial(MOST, LIKELY), random):
        labels.append(str(random.choice([*SHAPES])))
        outline = _turned(SHAPES[labels[-1]], random.uniform(-LEAN, LEAN)) * reach + centre
        _fill(picture, outline, _colour(ground, random))
        _fill(owners, outline, len(labels))
    middle = FINE // 2
    return Scene(_noisy(picture, side, random), tuple(labels), np.asarray(owners)[middle::FINE, middle::FINE])


def draw_discs(side: int, random: np.random.Generator) -> Scene:
    """Discs of one colour, each of which touches an earlier one, so that only their outlines tell them apart."""
    picture, ground = _ground(side, random)
    owners, colour = Image.new("L", picture.size), _colour(ground, random)
    _clutter(picture, ground, random)
    discs = _touching(int(random.integers(*DISCS, endpoint=True)), random)
    for number, (radius, centre) in enumerate(discs, start=1):
        _fill(picture, _regular(48) * radius + centre, colour)
        _fill(owners, _regular(48) * radius + centre, number)
    middle = FINE // 2
    return Scene(_noisy(picture, side, random), ("disc",) * len(discs), np.asarray(owners)[middle::FINE, middle::FINE])


def draw_kite(side: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A kite of four panels, and its points: uint8 RGB [side, side, 3] and (x, y) in pixels float64 [4, 2]."""
    picture, ground = _ground(side, random)
    _clutter(picture, ground, random)
    reach = random.uniform(*KITE)
    centre = random.uniform(reach, 1 - reach, 2)
    points = _turned(np.array([*POINTS.values()]), random.uniform(-LEAN_OF_KITE, LEAN_OF_KITE)) * reach + centre
    for corners in zip(points, np.roll(points, -1, axis=0)):
        _fill(picture, np.array([centre, *corners]), _colour(ground, random))
    return _noisy(picture, side, random), points * side


def _generators(scenes: int, seed: int) -> Iterator[np.random.Generator]:
    """Each scene has its own, so that fewer of them are the first of many."""
    return (np.random.default_rng((seed, number)) for number in range(scenes))


def _ground(side: int, random: np.random.Generator) -> tuple[Image.Image, np.ndarray]:
    """Soft patches around one colour, and that colour."""
    colour = random.uniform(40, 215, 3)
    patches = np.clip(colour + random.normal(0, 25, (6, 6, 3)), 0, 255).astype(np.uint8)
    return Image.fromarray(patches).resize((side * FINE, side * FINE), Image.Resampling.BICUBIC), colour


def _clutter(picture: Image.Image, ground: np.ndarray, random: np.random.Generator) -> None:
    """What is none of the classes: up to two crosses, and up to four strokes."""
    for _ in range(random.integers(3)):
        outline = _turned(CROSS, random.uniform(0, 360)) * random.uniform(SMALLEST, LARGEST) + random.uniform(0, 1, 2)
        _fill(picture, outline, _colour(ground, random))
    for _ in range(random.integers(5)):
        ends, width = random.uniform(0, picture.width, 4), FINE * random.integers(1, 4)
        ImageDraw.Draw(picture).line(ends.tolist(), _colour(ground, random), int(width))


def _places(shapes: int, random: np.random.Generator) -> list[tuple[float, np.ndarray]]:
    """How far each shape reaches and where its middle lies, in sides of the scene; the small ones last, in front."""
    places: list[tuple[float, np.ndarray]] = []
    for _ in range(8 * shapes):
        reach = random.uniform(SMALLEST, LARGEST)
        centre = random.uniform(reach, 1 - reach, 2)
        if len(places) < shapes and all(np.hypot(*(centre - other)) > APART * (reach + its) for its, other in places):
            places.append((reach, centre))
    return sorted(places, key=lambda place: -place[0])


def _touching(discs: int, random: np.random.Generator) -> list[tuple[float, np.ndarray]]:
    """The radius and the middle of each disc, in sides of the scene: each beside one before it, and in front of none."""
    places = [(random.uniform(*DISC), random.uniform(0.35, 0.65, 2))]
    for _ in range(20 * discs):
        beside, radius, turn = places[random.integers(len(places))], random.uniform(*DISC), random.uniform(0, 2 * np.pi)
        centre = beside[1] + OVERLAP * (radius + beside[0]) * np.array([np.cos(turn), np.sin(turn)])
        within = radius <= centre.min() and centre.max() <= 1 - radius
        apart = all(np.hypot(*(centre - other)) > 0.99 * OVERLAP * (radius + its) for its, other in places)
        if len(places) < discs and within and apart:
            places.append((radius, centre))
    return places


def _colour(ground: np.ndarray, random: np.random.Generator) -> tuple[int, int, int]:
    """Any that stands out from the ground."""
    while True:
        red, green, blue = random.integers(0, 256, 3).tolist()
        if np.hypot(np.hypot(*(ground[:2] - (red, green))), ground[2] - blue) > CONTRAST:
            return red, green, blue


def _fill(picture: Image.Image, outline: np.ndarray, colour: tuple[int, int, int] | int) -> None:
    """``outline``: (x, y) in shares of the side, [n, 2]."""
    ImageDraw.Draw(picture).polygon((outline * picture.width).ravel().tolist(), colour)


def _noisy(picture: Image.Image, side: int, random: np.random.Generator) -> np.ndarray:
    """``picture`` at its final size, with noise in every pixel: uint8 [side, side, 3]."""
    pixels = np.asarray(picture.resize((side, side), Image.Resampling.BOX))
    return np.clip(pixels + random.normal(0, NOISE, pixels.shape), 0, 255).round().astype(np.uint8)


def _turned(outline: np.ndarray, degrees: float) -> np.ndarray:
    """Clockwise around (0, 0), as y points down."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return outline @ np.array([[cosine, sine], [-sine, cosine]])


def _regular(corners: int) -> np.ndarray:
    """An outline that stands on one of its sides."""
    angles = np.pi / 2 + np.pi * (2 * np.arange(corners) + 1) / corners
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _outlined(mask: np.ndarray) -> dict[str, Any]:
    """Box, mask and area of an object as COCO has them."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)).tolist() for axis in (1, 0))
    box = [columns[0], rows[0], columns[-1] + 1 - columns[0], rows[-1] + 1 - rows[0]]
    return {"bbox": box, "segmentation": {"size": [*mask.shape], "counts": encode(mask).counts}, "area": int(mask.sum()), "iscrowd": 0}


def _write_photos(folder: Path, photos: Sequence[np.ndarray], name: str = "images") -> None:
    (folder / name).mkdir(parents=True, exist_ok=True)
    for number, photo in enumerate(photos):
        Image.fromarray(photo).save(folder / name / _file(number))


def _write_coco(folder: Path, scenes: int, side: int, categories: list[dict[str, Any]], annotations: list[dict[str, Any]]) -> Path:
    images = [{"id": number, "file_name": _file(number), "width": side, "height": side} for number in range(scenes)]
    numbered = [{"id": number, **annotation} for number, annotation in enumerate(annotations, start=1)]
    content = {"images": images, "categories": categories, "annotations": numbered}
    (folder / "annotations.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def _file(number: int) -> str:
    return f"{number:05d}.png"


WRITERS = {"detect": write_objects, "instances": write_discs, "segment": write_areas, "landmarks": write_kites}
SHAPES = {"circle": _regular(48), "square": _regular(4), "triangle": _regular(3)}  # outlines (x, y) that reach 1 from their middle
ARM = 0.3  # half the width of a cross's arms
CROSS = np.array([(1, -ARM), (1, ARM), (ARM, ARM), (ARM, 1), (-ARM, 1), (-ARM, ARM), (-1, ARM), (-1, -ARM), (-ARM, -ARM), (-ARM, -1)])
CROSS = np.array([*CROSS, (ARM, -1), (ARM, -ARM)])
POINTS = {"nose": (0.0, -0.6), "right": (0.6, -0.1), "tail": (0.0, 1.0), "left": (-0.6, -0.1)}  # of a kite, around its spars' crossing
