"""Photos that a model is asked about, beside those that it learned from, through its eyes; see ``novelty`` for what is compared."""

import math
from collections.abc import Callable

import keras
import numpy as np

from tltool.data.rows import Rows
from tltool.data.samples import Samples
from tltool.errors import RunError
from tltool.evaluation.novelty import FEWEST, MOST, NEIGHBOURS, NUMBERS, Familiar, limit_of, of_length_one
from tltool.models.devices.compiling import compiled_or_not
from tltool.models.head import features_of
from tltool.runs.files import FAMILIAR
from tltool.runs.forms import Novelty
from tltool.specs import Training
from tltool.task import calibration_of
from tltool.training.heads import see_photos


def get_to_know(
    model: keras.Model, pixels: Rows, samples: Samples, held_out: np.ndarray, training: Training
) -> tuple[Novelty, np.ndarray] | None:
    """What ``model`` sees in its training photos, a draw of ``MOST`` of them or fewer, float16 [m, d]; and how far the validation photos
    lie from that.

    Args:
        pixels: rows as in ``samples``.
        held_out: what it sees in the validation photos, [n, d].

    Returns:
        None where the task, or so few photos, does not allow it.
    """
    train = samples.rows("train")
    if calibration_of(samples.task) is None or samples.kind != "photo" or min(len(train), len(held_out)) < FEWEST:
        return None
    most = max(FEWEST, min(MOST, NUMBERS // held_out.shape[1]))
    drawn = np.sort(np.random.default_rng(training.seed).permutation(train)[:most])
    rows = of_length_one(see_photos(model, pixels, samples, drawn, training)).astype(np.float16)
    found = Familiar(rows.astype(np.float32), math.inf).distances(held_out)
    return Novelty(limit=limit_of(found), n=len(held_out), neighbours=NEIGHBOURS), rows


def strangeness(model: keras.Model, familiar: Familiar) -> Callable[[np.ndarray], np.ndarray]:
    """Photos uint8 [n, size, size, 3] → whether each is unlike the training photos, bool [n].

    Raises:
        RunError: ``familiar`` is of another model.
    """
    extractor = features_of(model)
    if extractor.output_shape[1:] != familiar.rows.shape[1:]:
        raise RunError(
            f"{FAMILIAR} must be of the model beside it, which sees {extractor.output_shape[1:]}. Received: {familiar.rows.shape[1:]}. "
            "Train it again."
        )

    def see(photos: np.ndarray) -> np.ndarray:
        return np.asarray(compiled_or_not(extractor, lambda: extractor.predict_on_batch(photos.astype("float32"))))

    return lambda photos: familiar.distances(see(photos)) > familiar.limit
