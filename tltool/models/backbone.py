"""A pretrained network without its top, as one model that takes RGB 0…255 and scales it as the network expects."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any
from warnings import catch_warnings, filterwarnings

import keras
from keras import layers
from keras.src.backend.common import global_state
from keras.src.utils import file_utils

from tltool import progress
from tltool.catalog import BACKBONES, BackboneEntry, Packaged
from tltool.errors import SpecError
from tltool.home import expand
from tltool.lookup import entry, locate
from tltool.models import weights as files
from tltool.models.loaded_keras import require_settings
from tltool.models.packaged.efficientnet_lite import put_tensors
from tltool.models.packaged.package import read_weights
from tltool.models.scaling import scale_pixels
from tltool.models.weights import Published

_building = RLock()


def load_backbone(name: str, weights: str, size: int, download: bool = True) -> keras.Model:
    """The network ``name`` without its top, called ``backbone``: float32 RGB 0…255 [n, size, size, 3] → feature map [n, h, w, c].

    Input scaling comes first, then the network's own layers under their own names, all on one level. ``weights`` is
    ``imagenet`` (downloaded once, or from a package), ``none`` (random), or a file, which gives the same network as ``imagenet`` gives
    with it. With ``download`` off, weights that would come into Keras's cache are left random, with a word about it.

    Raises:
        SpecError: unknown name, a size below the network's smallest, or a Keras that computes in another way than models here are made for.
        WeightsError: weights that cannot be had or do not fit.
    """
    require_settings()
    network, published = _build(name, size)
    if weights == "imagenet":
        _load_imagenet(network, published, name, download)
    elif weights != "none":
        files.load_weights(network, expand(weights), name)
    return network


def layer_rows(backbone: keras.Model) -> list[tuple[str, str, str, int]]:
    """(name, type, output shape, parameters) of each layer in order, as ``--unfreeze`` counts them."""
    return [(layer.name, type(layer).__name__, _shape(layer), layer.count_params()) for layer in backbone.layers]


def _load_imagenet(network: keras.Model, published: Published | Packaged, name: str, download: bool) -> None:
    if isinstance(published, Packaged):
        put_tensors(network, read_weights(published, name))
    elif download or files.cached(published):
        files.load_weights(network, files.fetch(published), name)
    else:
        progress.say(f"The weights {published.url} are not in Keras's cache and would be downloaded.")


def _build(name: str, size: int) -> tuple[keras.Model, Published | Packaged]:
    """The network with random weights as Keras builds it for ``weights="imagenet"``, and the file Keras would load into it; or a network
    that is ours, and the file that a package has for it.

    ``imagenet`` is not only about weights: with anything else Keras leaves a Rescaling out of EfficientNetB0–B7. So every
    network is built that way, and the two things Keras would do next, download and load, are only noted.
    """
    found = entry(name, BACKBONES, "backbone")
    _check(name, found, size)
    with _building, _fresh_names(), _noted() as noted, catch_warnings():
        filterwarnings("ignore", message=".*Weights for input shape.*")  # the usual case: photos of another size
        pixels = keras.Input((size, size, 3), name="pixels")
        network = locate(found.builder)(
            include_top=False,
            input_tensor=scale_pixels(pixels, found.scaling),
            input_shape=(size, size, 3),
            **({} if found.packaged else {"weights": "imagenet"}),
            **found.args,
        )
        return keras.Model(pixels, network.output, name="backbone"), found.packaged or noted[0]


def _check(name: str, found: BackboneEntry, size: int) -> None:
    if size < found.smallest:
        raise SpecError(f"--size must be at least {found.smallest} for {name}. Received: {size}.")
    if keras.config.image_data_format() != "channels_last":
        raise SpecError("Keras's image_data_format must be channels_last. Received: channels_first. Change it in keras.json.")


@contextmanager
def _noted() -> Iterator[list[Published]]:
    """While this lasts, builders in keras.applications neither download nor load weights; the files they ask for are listed."""
    noted: list[Published] = []

    def get_file(fname: str, origin: str, file_hash: str | None = None, **_: Any) -> str:
        noted.append(Published(fname, origin, file_hash or ""))
        return fname

    # every builder ends in model.load_weights(file_utils.get_file(…)), each looked up at the time of the call
    before = file_utils.get_file, keras.Model.load_weights
    file_utils.get_file, keras.Model.load_weights = get_file, lambda *_, **__: None
    try:
        yield noted
    finally:
        file_utils.get_file, keras.Model.load_weights = before


@contextmanager
def _fresh_names() -> Iterator[None]:
    """While this lasts, Keras counts its automatic layer names from the start, so that a network's ``conv2d_3`` is always the same
    layer whatever was built before it in this process."""
    before = global_state.get_global_attribute("object_name_uids")
    global_state.set_global_attribute("object_name_uids", defaultdict(int))
    try:
        yield
    finally:
        global_state.set_global_attribute("object_name_uids", before)


def _shape(layer: layers.Layer) -> str:
    return "×".join(str(side) for side in layer.output.shape[1:])
