"""Where a backbone comes from: Keras's own networks, TF Hub, or an earlier run. Keras is loaded only when one is opened."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tltool import catalog
from tltool.errors import SpecError
from tltool.models.hub import handles
from tltool.progress import say
from tltool.runs import Run
from tltool.specs import Backbone, Photos
from tltool.wording import shown

if TYPE_CHECKING:
    import keras

MOST_NAMES = 10  # of classes, in one line


def native_size(backbone: Backbone, download: bool = True) -> int:
    """The side in pixels that the backbone was made for. Only a hub module has to be had for it, and with ``download=False`` one that is
    not in the cache is taken for 224."""
    if backbone.is_run:
        Run(backbone.name).require_photos("--backbone")
        return Run(backbone.name).finished.size
    if backbone.is_hub:
        handles.require_handle(backbone.name)
        from tltool.models.hub import layer as hub  # imports TensorFlow

        return hub.native_size(backbone.name, download) or 224
    return catalog.BACKBONES[backbone.name].size


def settle_size(backbone: Backbone, photos: Photos, download: bool = True) -> tuple[Photos, int]:
    """``photos`` with a size, and that size: the one that was asked for, or the backbone's own.

    Raises:
        SpecError: a size that the backbone cannot take.
    """
    size = photos.size or native_size(backbone, download)
    require_size(backbone, size)
    return photos.fill(size=size), size


def require_size(backbone: Backbone, size: int) -> None:
    """Raises ``SpecError`` for a size that one of Keras's networks cannot take; nothing is loaded for it."""
    known = catalog.BACKBONES.get(backbone.name)
    if known and size < known.smallest:
        raise SpecError(f"--size must be at least {known.smallest} for {backbone.name}. Received: {size}.")


def open_backbone(backbone: Backbone, size: int, download: bool = True) -> "keras.Model":
    """The model named ``backbone``: float32 RGB 0–255 [n, size, size, 3] → feature map [n, h, w, c], or features [n, c].

    With ``download=False`` weights that are not in a cache are left random.

    Raises:
        SpecError: an unknown name, a size the backbone cannot take, or nothing in it that ``unfreeze`` would let learn.
        WeightsError: weights that cannot be had or do not fit.
        RunError: a run without a finished model.
    """
    from tltool.models.freezing import require_reach  # loads Keras

    model = _opened(backbone, size, download)
    require_reach(model, backbone.unfreeze, backbone.batch_norm or ("frozen" if backbone.is_pretrained else "train"))
    return model


def _opened(backbone: Backbone, size: int, download: bool) -> "keras.Model":
    if backbone.is_run:
        return _from_run(Path(backbone.name), size)
    if backbone.is_hub:
        from tltool.models.hub import layer as hub  # imports TensorFlow

        return hub.load_hub(backbone.name, size, backbone.scaling, download)
    from tltool.models.backbone import load_backbone

    return load_backbone(backbone.name, backbone.weights, size, download)


def _from_run(folder: Path, size: int) -> "keras.Model":
    run = Run(folder)
    run.require_photos("--backbone")
    if size != run.finished.size:
        raise SpecError(f"--size must be that of the run whose backbone is used, {run.finished.size}. Received: {size}.")
    from tltool.models.head import backbone_of, with_one_map  # imports Keras

    return with_one_map(backbone_of(run.model()))


def tell_classes(backbone: Backbone, classes: Sequence[str]) -> None:
    """Say which of ``classes`` are new to the run that is the backbone, and which of its own are not among them. The head knows neither
    kind from it: it learns all classes anew, on what the run's body sees."""
    if not backbone.is_run:
        return
    earlier = Run(backbone.name).classes
    new, lost = ([name for name in ours if name not in theirs] for ours, theirs in ((classes, earlier), (earlier, classes)))
    told = [
        f"{kind}: {', '.join(map(shown, names[:MOST_NAMES]))}{' …' if len(names) > MOST_NAMES else ''}"
        for kind, names in (("new", new), ("no longer there", lost))
        if names
    ]
    if told:
        say(f"Classes of {backbone.name}: {len(earlier) - len(lost)} are here again; {'; '.join(told)}. The head learns all of them.")
