"""What more photos would bring: a linear head solved on shares of the training photos, and a power law through what it reaches."""

from collections.abc import Iterator
from typing import Any
from warnings import catch_warnings, simplefilter

import keras
import numpy as np

from tltool.data.predictions import predictions_table
from tltool.data.samples import Samples
from tltool.errors import DataError, SpecError
from tltool.intervals import percentiles, resampled
from tltool.progress import say, track
from tltool.specs import Head
from tltool.summary import learning_curve_line
from tltool.task import task_named

SHARES, DRAWS = (1 / 8, 1 / 4, 1 / 2, 1.0), 6  # of the training photos, and how often each share is drawn anew; all of them are there once
FEWEST_SHARES = 3  # that a curve can be laid through
FEWEST = 2  # photos of a class, on average, in the smallest share
FEWEST_HELD = 30  # validation photos
RESAMPLES = 200  # curves, for the interval
STEEPEST = 1.5  # exponent: measured ones lie between 0.07 and 0.5 (Hestness et al. 2017), on few photos higher
FLATTEST = 0.1


def require_curve(samples: Samples, wanted: bool) -> None:
    """Whether a learning curve of ``samples`` can be measured, if one is wanted; to be asked before photos are decoded, and again when they
    are in parts.

    Raises:
        SpecError: a head for them does not stand on pooled features, so that it cannot be solved for.
        DataError: too few photos.
    """
    if not wanted:
        return
    if task_named(samples.task).head.ON_MAP:
        raise SpecError(
            "--learning-curve must go with a task that says one thing or several of a whole photo: only there can the head be solved on "
            f"shares of the photos. Received: --task {samples.task}. Leave it out."
        )
    learned, held = len(samples.rows("train")), len(samples.rows("validation"))
    need = round(FEWEST * len(samples.classes) / SHARES[-FEWEST_SHARES])
    if (learned or len(samples)) < need or 0 < held < FEWEST_HELD:
        what = f"{learned} and {held}" if learned else f"{len(samples)} in all"
        raise DataError(
            f"--learning-curve needs {need} training photos for {len(samples.classes)} classes, and {FEWEST_HELD} validation photos. "
            f"Received: {what}. Leave it out, or add photos."
        )


def measure_learning(features: np.ndarray | None, samples: Samples, wanted: bool, balanced: bool = False, seed: int = 0) -> dict[str, Any]:
    """What a linear head on the frozen backbone reaches with shares of the training photos, and would likely reach with twice as many.

    Shares are drawn anew several times, each class in its own share; each is measured on all validation photos, which also choose the
    strength of the head. Through the errors goes the power law error = a + b·(n / N)^−c of n photos, of which there are N (Cortes et al.
    1993, "Learning curves: asymptotic values and rate of convergence"; Hestness et al. 2017, "Deep learning scaling is predictable,
    empirically"). The interval is the middle 95 % over resampled draws and validation photos; to each the residual of a draw is added,
    because what will be seen is one new draw as well.

    Args:
        features: float32 [n, d], row i for row i of the samples' table, from the frozen backbone.
        balanced: let every class count the same.

    Returns:
        The field ``learning_curve`` of ``Record``, or {} where it is not wanted.

    Raises:
        SpecError, DataError: as ``require_curve``.
    """
    require_curve(samples, wanted)
    if not wanted or features is None:
        return {}
    photos, scores, spread = _scores(features, samples, balanced, seed)
    random = np.random.default_rng(seed)
    law, sizes = fit_power_law(photos, 1 - scores), np.array(photos) / max(photos)
    gains = [_gain(random, sizes, 1 - its) for its in spread.T]
    told = {
        "photos": sorted(set(photos)),
        "scores": [[round(float(s), 6) for s, n in zip(scores, photos, strict=True) if n == size] for size in sorted(set(photos))],
        "law": [round(float(number), 6) for number in law],
        "gain": round(max(0.0, float(np.median(gains))), 6),  # in the middle of its interval, also where all photos came out unluckily
        "gain_interval": [round(number, 6) for number in percentiles(np.array(gains))],
    }
    say(learning_curve_line(told, task_named(samples.task).measures.SCORE.name))
    return {"learning_curve": told}


def fit_power_law(photos: np.ndarray | list[int], errors: np.ndarray) -> np.ndarray:
    """a, b and c of error = a + b·(n / N)^−c through ``errors`` [k], 0…1, of ``photos`` [k] each, N at most; float64 [3].

    Each number of photos counts the same, however often it was drawn. a is what no number of photos takes away; no law rises.
    """
    from scipy.optimize import OptimizeWarning, curve_fit

    sizes = np.asarray(photos) / max(photos)
    distinct = np.unique(sizes)
    means = np.array([errors[sizes == size].mean() for size in distinct])
    low = float(max(means.min(), 1e-6))
    start = (low / 2, low / 2, 0.5)
    bounds = ((0, 0, FLATTEST), (1, 1, STEEPEST))
    try:
        with catch_warnings():
            simplefilter("ignore", OptimizeWarning)  # on how sure the numbers of the law are, which draws tell
            return np.asarray(curve_fit(_power_law, distinct, means, start, bounds=bounds, max_nfev=500)[0])
    except RuntimeError:  # none is found in so many steps, and nothing is promised
        return np.array([float(means.mean()), 0.0, FLATTEST])


def _power_law(sizes: np.ndarray, floor: float, above: float, steepness: float) -> np.ndarray:
    return floor + above * sizes**-steepness


def _gain(random: np.random.Generator, sizes: np.ndarray, errors: np.ndarray) -> float:
    """What twice the photos would bring beyond what all have reached, by draws [k] drawn anew from those of their size."""
    drawn = np.concatenate([random.choice(np.flatnonzero(sizes == size), int((sizes == size).sum())) for size in np.unique(sizes)])
    law, largest = fit_power_law(sizes[drawn], errors[drawn]), errors[sizes == max(sizes[sizes < 1])]
    noise = random.choice(largest - largest.mean()) * np.sqrt(len(largest) / (len(largest) - 1))
    return float(errors[sizes == 1].mean() - _power_law(np.array(2.0), *law) + noise)


def _scores(features: np.ndarray, samples: Samples, balanced: bool, seed: int) -> tuple[list[int], np.ndarray, np.ndarray]:
    """Of every draw how many photos it has, its score float64 [k], and the same on validation photos drawn anew, [k, ``RESAMPLES``]."""
    held, task = samples.of("validation"), task_named(samples.task)
    weights = resampled(len(held), seed, RESAMPLES)
    validation = features[samples.rows("validation")], held.labels
    photos, scores, spread = [], [], []
    draws = list(_draws(samples, seed))
    for rows in track(draws, "solving heads on shares of the photos", len(draws), "heads"):
        head = _head(features.shape[1], samples)
        task.head.solve(head, (features[rows], samples.labels[rows]), validation, balanced, 1)
        outputs = keras.ops.convert_to_numpy(head(keras.ops.convert_to_tensor(validation[0]), training=False))
        answers = task.answers.read(predictions_table(held, outputs, {}), samples.classes)
        photos.append(len(rows))
        scores.append(task.measures.score(held.labels, answers, samples.classes))
        spread.append(task.measures.weighted(held.labels, answers, samples.classes, {}, weights))
    return photos, np.array(scores), np.array(spread)


def _draws(samples: Samples, seed: int) -> Iterator[np.ndarray]:
    """Rows of the training photos: of every share several draws, each class in its own share, with one photo of it at least."""
    rows, random = samples.rows("train"), np.random.default_rng(seed)
    strata = samples.strata[rows]
    for share in SHARES:
        if share < 1 and len(rows) * share < FEWEST * len(samples.classes):
            continue
        for _ in range(DRAWS if share < 1 else 1):
            of_class = [random.permutation(rows[strata == name]) for name in np.unique(strata)]
            yield np.sort(np.concatenate([its[: max(1, round(share * len(its)))] for its in of_class]))


def _head(features: int, samples: Samples) -> keras.Model:
    """A linear head of the task, without a backbone."""
    given = keras.Input((features,))
    return keras.Model(given, task_named(samples.task).head.attach(given, Head(dropout=0), len(samples.classes), 0))
