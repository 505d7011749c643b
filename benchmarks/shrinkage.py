"""What shrinking the spread of features towards each other does for a head solved on a few photos.

    python benchmarks/shrinkage.py PHOTOS [--backbone mobilenet_v2] [--draws 20] [--first 1000]

PHOTOS has train/, validation/ and test/. The features of all photos are computed once. Then for every case and draw a user is made up who
owns a few photos of a few classes, drawn from train/, and half as many (rounded down, at least one) from validation/; the head is solved on
them with features divided by their own spread, and by the shrunken one, and measured on all test photos of those classes. Per case: mean
and worst accuracy over the draws, and the share of answers with a probability of 0.9995 or more.
"""

import argparse
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tltool import data, models
from tltool.data.samples import Samples
from tltool.specs import Backbone
from tltool.training import probe
from tltool.training.features import photo_features
from tltool.training.shrinkage import shrunken_scale
from tltool.training.solvers import log_probabilities

CERTAIN = 0.9995
CASES = ((2, 3), (2, 5), (5, 3), (10, 3), (10, 20), (10, 50))  # classes, photos of each
PAIR = ("hat", "pants")  # one pair of classes beside those drawn, where the photos have it


class Score(NamedTuple):
    accuracy: float
    certain: float  # share of answers with a probability of CERTAIN or more


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos")
    parser.add_argument("--backbone", default="mobilenet_v2")
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--first", type=int, default=1000, help="seed of the first draw")
    asked = parser.parse_args()
    backbone = Backbone(name=asked.backbone)
    size = models.native_size(backbone)
    samples, pixels = data.decode_once(data.read_photos(asked.photos), size, "crop")
    features = photo_features(models.open_backbone(backbone, size), pixels)
    seeds = range(asked.first, asked.first + asked.draws)
    print("| photos | own spread: mean (worst), certain | shrunken: mean (worst), certain |\n|---|---|---|")
    for name, classes, each in cases(samples):
        cells = [summary([score(features, samples, classes(seed), each, seed, scale) for seed in seeds]) for scale in (own, shrunken_scale)]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def cases(samples: Samples) -> list[tuple[str, Callable[[int], np.ndarray], int]]:
    """Name, the classes of a seed, and photos of each class."""
    every = len(samples.classes)
    pairs = (
        [(f"{' and '.join(PAIR)} × {each}", lambda seed: np.array([samples.classes.index(name) for name in PAIR]), each) for each in (3, 5)]
        if set(PAIR) <= set(samples.classes)
        else []
    )
    return pairs + [
        (f"any {count} classes × {each}", lambda seed, n=count: np.random.default_rng(seed).permutation(every)[:n], each)
        for count, each in CASES
        if count <= every
    ]


def own(features: np.ndarray, views: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Mean and own spread of each feature; of a constant one 1."""
    mean, spread = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
    return mean, np.where(spread > 1e-6 * np.abs(mean), spread, 1.0)


def score(features: np.ndarray, samples: Samples, classes: np.ndarray, each: int, seed: int, scale: Callable) -> Score:
    train, validation, test = draw(samples, classes, each, seed)
    known = {name: number for number, name in enumerate(sorted(classes))}
    labels = np.array([known.get(label, -1) for label in samples.labels])
    probe.shrunken_scale = scale
    solved = probe.fit_probe((features[train], labels[train]), (features[validation], labels[validation]), len(classes), single=False)
    logs = log_probabilities(features[test] @ solved.kernel + solved.bias)
    return Score(float((logs.argmax(axis=1) == labels[test]).mean()), float((np.exp(logs.max(axis=1)) >= CERTAIN).mean()))


def draw(samples: Samples, classes: np.ndarray, each: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of ``each`` training photos a class, half as many validation photos, and every test photo of ``classes``."""
    random, drawn = np.random.default_rng(seed), []
    for part, most in (("train", each), ("validation", max(1, each // 2))):
        rows = samples.rows(part)
        drawn.append(np.concatenate([random.permutation(rows[samples.labels[rows] == name])[:most] for name in classes]))
    test = samples.rows("test")
    return drawn[0], drawn[1], test[np.isin(samples.labels[test], classes)]


def summary(scores: list[Score]) -> str:
    right, certain = np.transpose(scores)
    return f"{right.mean():.3f} ({right.min():.3f}), {certain.mean():.1%}"


if __name__ == "__main__":
    main()
