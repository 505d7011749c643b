"""The real photos and weights that lie beside the checkout, and what is drawn in their place where they do not."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

SHARED = Path(__file__).parents[2] / "shared"
AMOUNTS = {"train": 24, "validation": 12, "test": 12}  # drawn photos per class
GARMENTS = {  # what is drawn, on a field of 100 × 100
    "dress": [(42, 10), (58, 10), (62, 40), (80, 92), (20, 92), (38, 40)],
    "hat": [(10, 70), (30, 62), (35, 35), (65, 35), (70, 62), (90, 70)],
    "longsleeve": [(35, 15), (65, 15), (92, 75), (80, 80), (66, 45), (66, 85), (34, 85), (34, 45), (20, 80), (8, 75)],
    "outwear": [(30, 10), (70, 10), (90, 60), (75, 62), (75, 95), (25, 95), (25, 62), (10, 60)],
    "pants": [(32, 8), (68, 8), (74, 94), (56, 94), (50, 35), (44, 94), (26, 94)],
    "shirt": [(25, 15), (75, 15), (92, 40), (75, 46), (75, 80), (25, 80), (25, 46), (8, 40)],
    "shoes": [(8, 55), (30, 50), (45, 60), (85, 66), (94, 78), (8, 78)],
    "shorts": [(25, 30), (75, 30), (84, 72), (55, 72), (50, 50), (45, 72), (16, 72)],
    "skirt": [(38, 25), (62, 25), (88, 80), (12, 80)],
    "t-shirt": [(34, 22), (66, 22), (88, 38), (78, 50), (68, 42), (68, 78), (32, 78), (32, 42), (22, 50), (12, 38)],
}


def available(part: str) -> bool:
    """Whether ``part`` of the real data is there; in continuous integration it must be, so that nothing is tested on drawings alone."""
    return (SHARED / part).exists() or os.environ.get("CI") == "true"


def require(part: str) -> Path:
    """``part`` of the real data; the test is skipped where it is missing, and fails in continuous integration."""
    path = SHARED / part
    if not path.exists():
        reason = f"needs the real data in {path}, which is not part of the project"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    return path


def draw_clothing(folder: Path) -> Path:
    """Photos as ``data/clothing`` has them, ``folder/{train,validation,test}/CLASS/N.jpg``, each garment in colours mostly its own."""
    for kind, outline in enumerate(GARMENTS.values()):
        for part, amount in enumerate(AMOUNTS):
            place = folder / amount / [*GARMENTS][kind]
            place.mkdir(parents=True)
            for number in range(AMOUNTS[amount]):
                _draw(outline, kind / len(GARMENTS), np.random.default_rng((kind, part, number))).save(place / f"{number:03d}.jpg")
    return folder


def _draw(outline: list[tuple[int, int]], hue: float, random: np.random.Generator, width: int = 120, height: int = 160) -> Image.Image:
    """One garment somewhere on a grey cloth."""
    cloth = random.integers(190, 220) + random.normal(0, 10, (height // 4, width // 4, 1)).repeat(3, axis=2)
    photo = Image.fromarray(cloth.clip(0, 255).astype("uint8")).resize((width, height), Image.Resampling.BICUBIC)
    side, (left, top) = random.uniform(90, 115), random.uniform(0, 10, 2)
    colour = Image.new(
        "HSV", (1, 1), (int(255 * random.normal(hue, 0.035)) % 256, int(random.integers(200, 255)), int(random.integers(150, 220)))
    ).convert("RGB")
    points = [(left + x * side / 100, top + y * side / 70) for x, y in np.array(outline) + random.normal(0, 2, (len(outline), 2))]
    ImageDraw.Draw(photo).polygon(points, colour.getpixel((0, 0)))
    return photo


def make_weights(models: Path, photos: list[Path], size: int = 96) -> None:
    """The file that Keras loads into ``mobilenet_025``, below ``models``: nothing learned, but batch norms that have seen ``photos`` and
    keep to the middle of ReLU6, where a deep network of noise passes differences on as they are."""
    import h5py
    import keras
    from keras.src.legacy.saving import legacy_h5_format  # what Keras publishes is in this form, and nothing public writes it

    from tltool.data.decoding.decoder import decode
    from tltool.models.backbone import load_backbone

    keras.utils.set_random_seed(0)
    network = load_backbone("mobilenet_025", "none", size)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0  # the statistics are those of the last batch
            layer.beta.assign(keras.ops.full_like(layer.beta, 3.0))
    network(np.stack([decode(str(photo), size) for photo in photos]).astype("float32"), training=True)
    models.mkdir(parents=True)
    with h5py.File(models / "mobilenet_2_5_224_tf_no_top.h5", "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, network)
