"""Three photos that lie in packages which tltool needs anyway, and what EfficientNet-Lite0 must see in them."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from tltool.catalog import BACKBONES
from tltool.data.decoding.decoder import decode
from tltool.models.packaged.efficientnet_lite import efficientnet_lite, put_tensors
from tltool.models.packaged.package import FIRST, read_weights
from tltool.models.scaling import scale_pixels


class Known(NamedTuple):
    """A photo within a package, and its class: as a word, and as its place among ImageNet's 1,000."""

    package: str
    file: str
    name: str
    place: int


KNOWN = (
    Known("sklearn", "datasets/images/china.jpg", "palace", 698),
    Known("sklearn", "datasets/images/flower.jpg", "daisy", 985),
    Known("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", "military uniform", 652),
)


def name_photos() -> list[dict[str, Any]]:
    """For each known photo that is here its file as ``photo``, its ``name``, and whether the network has ``named`` it so.

    Raises:
        WeightsError: the weights are not installed, or not those that were published.
        DataError: a photo is damaged.
    """
    photos = list(photos_here())
    if not photos:
        return []
    places = classify([path for _, path in photos], FIRST).argmax(axis=-1)
    return [{"photo": path.name, "name": known.name, "named": bool(place == known.place)} for (known, path), place in zip(photos, places)]


def classify(photos: list[Path], name: str) -> np.ndarray:
    """What the backbone ``name`` with its top says of ``photos``: logits float32 [n, 1000]."""
    found = BACKBONES[name]
    assert found.packaged
    network = efficientnet_lite(**found.args, input_shape=(found.size, found.size, 3))
    put_tensors(network, read_weights(found.packaged, name))
    pixels = np.stack([decode(str(photo), found.size) for photo in photos]).astype("float32")
    return np.asarray(keras.ops.convert_to_numpy(network(scale_pixels(pixels, found.scaling), training=False)))


def photos_here() -> Iterator[tuple[Known, Path]]:
    """The known photos that are installed, and where: some who package those packages anew leave pictures out."""
    for known in KNOWN:
        spec = find_spec(known.package)
        for folder in spec.submodule_search_locations or () if spec else ():
            if (path := Path(folder) / known.file).is_file():
                yield known, path
