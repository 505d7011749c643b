"""Frozen backbone → features, computed once for every photo and view, and kept between runs.

Kept features are ``data.arrays`` of kind ``features``: one row per content of a photo, under a key of all that a feature depends on. What
is damaged or not there is computed; a folder that grew computes only what is new.
"""

import functools
import os
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.metadata import version

import keras
import numpy as np

from tltool.data.cache.fallback import arrange, keep_rows
from tltool.data.cache.rows import Made, RowForm, Stored, find_rows, known_rows
from tltool.data.cache.storage import location
from tltool.data.pixels import Pixels
from tltool.data.rows import Rows
from tltool.errors import TltoolError
from tltool.models import augmentation
from tltool.models.devices.compiling import compiled_or_not
from tltool.models.devices.device import computing_device
from tltool.models.fingerprint import fingerprint
from tltool.models.inference import TRIED, Inference, Runtime
from tltool.models.stack.pooling import pool_globally
from tltool.models.views import PLAIN, View, see
from tltool.progress import say, step, warn
from tltool.training.memory import halving
from tltool.wording import megabytes

Compute = Callable[[np.ndarray, int], np.ndarray]  # photos float32 [b, size, size, 3], and how many at once → float32 [b, d]

BATCH = 32  # photos at once; a last batch of fewer is filled up, so that a photo's features never depend on who comes with it
HELD_BYTES = 4e9  # of features at most in memory, where the cache has no room; flatten makes as many from large maps
NUMERICS = (
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_SET_ONEDNN_FPMATH_MODE",
    "NVIDIA_TF32_OVERRIDE",
    "XLA_FLAGS",
    "JAX_DEFAULT_MATMUL_PRECISION",
)  # variables that decide rounding


def photo_features(backbone: keras.Model, pixels: Rows, batch_size: int = BATCH, deterministic: bool = False) -> np.ndarray:
    """What ``backbone`` sees in each of ``pixels``, uint8 [n, size, size, 3], averaged over all places → float32 [n, d].

    They are the features that a head with ``Head(pool="avg")`` learns from, and are kept together with those.

    Raises:
        TltoolError: features that are no numbers, as damaged weights give them.
    """
    photo = keras.Input(backbone.input_shape[1:])
    features = keras.layers.Identity()(pool_globally(backbone(photo), "avg"))
    return extract_features(keras.Model(photo, features), pixels, np.arange(len(pixels)), batch_size, deterministic=deterministic)


def extract_features(
    extractor: keras.Model,
    pixels: Rows,
    rows: np.ndarray,
    batch_size: int = BATCH,
    view: View = PLAIN,
    deterministic: bool = False,
    inference: Inference | None = None,
) -> np.ndarray:
    """``pixels[rows]`` uint8 [n, size, size, 3], seen as ``view``, through ``extractor`` in inference mode → float32 [n, d].

    Those of ``Pixels``, whose contents are known, are taken from the cache or kept there; they are the same to the last bit either way,
    unless memory did not hold a batch when they were computed, so that it was halved.

    Args:
        batch_size: most photos at once; more than 32 is 32.
        deterministic: whether the device was told to give the same bits each time.
        inference: that of ``extractor``, where it sees more photos than these, or the same ones in other views.

    Raises:
        TltoolError: features that are no numbers, as damaged weights give them; or too many for the cache and for memory.
        SpecError: TLTOOL_CACHE_GB is no number of gigabytes.
    """
    batch_size, inference = min(batch_size, BATCH), inference or Inference(extractor, len(rows))
    if not isinstance(pixels, Pixels) or not len(rows):
        _, compute = _computing(inference, pixels, rows, view)
        return _stacked(_compute(compute, pixels, rows, [str(row) for row in rows], batch_size, view), len(rows), extractor)
    contents = [pixels.contents[row] for row in rows]
    first = dict(zip(reversed(contents), reversed(rows.tolist()), strict=True))  # of each content one row
    places = {content: first[content] for content in contents}
    forms = _forms(inference, pixels, batch_size, view, deterministic)
    for form in forms.values():
        if stored := find_rows(form, places):
            return arrange(stored, contents)
    runtime, compute = _computing(inference, pixels, rows, view)
    return arrange(_build(forms[runtime], places, compute, pixels, batch_size, view), contents)


def _forms(inference: Inference, pixels: Pixels, batch_size: int, view: View, deterministic: bool) -> dict[Runtime, RowForm]:
    """Of what may compute features, all that these depend on then beside the photo's content."""
    backend, variables = keras.backend.backend(), [os.environ.get(name, "") for name in NUMERICS]
    computing: dict[Runtime, tuple[object, ...]] = {
        "keras": (
            backend,
            import_module(backend).__version__,
            keras.__version__,
            computing_device(),
            deterministic,
            batch_size,
            *variables,
        ),
        "litert": ("litert", version("ai-edge-litert"), import_module(backend).__version__, keras.__version__),
    }
    if "litert" in inference.runtimes:  # of a network that LiteRT refused; not those of fewer photos, or bits would depend on what is kept
        computing["keras"] += ("refused",)
    shape, facts = tuple(inference.model.output_shape[1:]), pixels.form.facts | {"view": view.number}
    seen, shown = (pixels.form.digest, fingerprint(inference.model)), (augmentation.VERSION, *view)
    return {runtime: RowForm("features", shape, "float32", (*seen, *computing[runtime], *shown), facts) for runtime in inference.runtimes}


def _computing(inference: Inference, pixels: Rows, rows: np.ndarray, view: View) -> tuple[Runtime, Compute]:
    """What computes features, by its name: LiteRT, or Keras."""
    by_keras = functools.partial(_predict, inference.model)
    if "litert" not in inference.runtimes or not len(rows):
        return "keras", by_keras
    first = rows[:TRIED]
    forward = inference.on_litert(see(pixels[first], view, [str(row) for row in first]))
    return ("litert", lambda photos, _: forward(photos)) if forward else ("keras", by_keras)


def _build(form: RowForm, places: Mapping[str, int], compute: Compute, pixels: Pixels, batch_size: int, view: View) -> Stored:
    """Compute what no other entry has, into a new entry, or into memory where there is no room for one."""
    known = known_rows(form, places)
    new = [content for content in places if content not in known]
    if known:
        say(f"The features of {len(known):,} of {len(places):,} photos are in the cache.")

    def made() -> Iterator[Made]:
        computed = _compute(compute, pixels, np.array([places[content] for content in new], np.int64), new, batch_size, view)
        return (Made(content, known[content] if content in known else next(computed)) for content in places)

    def refused(reason: str) -> None:
        need = len(places) * form.row_bytes
        lack = f"The features need {megabytes(need)} in {location() / form.kind}, which cannot be had there ({reason})"
        if need > HELD_BYTES:
            raise TltoolError(
                f"{lack}, and more than {megabytes(HELD_BYTES)} are not held in memory. Set TLTOOL_CACHE to a folder with "
                "more room, or choose --head-pool avg."
            ) from None
        warn(f"{lack}. They are held in memory, and computed again by the next command.")

    return keep_rows(form, len(places), made, refused)


def _stacked(rows: Iterator[np.ndarray], count: int, extractor: keras.Model) -> np.ndarray:
    stacked = np.empty((count, *extractor.output_shape[1:]), "float32")
    for place, row in enumerate(rows):
        stacked[place] = row
    return stacked


def _compute(compute: Compute, pixels: Rows, rows: np.ndarray, contents: list[str], batch_size: int, view: View) -> Iterator[np.ndarray]:
    """The features of each of ``rows`` in turn, float32 [d]; a batch for which there is no memory is halved, and so are those after it."""

    def predict(start: int, size: int) -> np.ndarray:
        now = slice(start, start + size)
        return compute(see(pixels[rows[now]], view, contents[now]), size)

    done = 0
    step("computing features", done, len(rows))
    while done < len(rows):
        features, batch_size = halving(functools.partial(predict, done), batch_size, "computing features")
        if not np.isfinite(features).all():
            raise TltoolError(
                "The backbone's features must be finite. Received: NaN or infinity. Its weights or scaling do not fit; try others."
            )
        done += len(features)
        step("computing features", done, len(rows))  # before its last row, after which nobody may ask for more
        yield from features


def _predict(extractor: keras.Model, photos: np.ndarray, batch_size: int) -> np.ndarray:
    """``photos`` float32 [b, size, size, 3], with black ones after them up to ``batch_size`` → float32 [b, d]."""
    filled = np.concatenate([photos, np.zeros((batch_size - len(photos), *photos.shape[1:]), "float32")])
    return np.asarray(compiled_or_not(extractor, lambda: extractor.predict_on_batch(filled)))[: len(photos)].astype("float32")
