"""Which photos are worth a closer look side by side: near in small sketches of their pixels, or near in features."""

import numpy as np

from tltool.data.duplicates import windows

FEATURES = 0.92  # cosine of standardised features from which on two photos are taken for shots of one thing
NEIGHBOURS = 3  # nearest in features that are proposed for each photo
ROUNDING = 1e-4  # of scalar products in float32
CHUNK = 512  # thumbnails sketched at a time


def sketched(thumbnails: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``windows.sketch`` of all: [n, 8, 8] and [n]."""
    sketches, slack = np.empty((len(rows), 8, 8), np.float32), np.empty(len(rows), np.float32)
    for at in range(0, len(rows), CHUNK):
        sketches[at : at + CHUNK], slack[at : at + CHUNK] = windows.sketch(thumbnails[rows[at : at + CHUNK]])
    return sketches, slack


def by_sketches(sketches: np.ndarray, slack: np.ndarray, block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs [p, 2] that can be alike as they lie or mirrored; and the nearest of each row both ways.

    A projection shortens, so the distance of two sketches is at most that of the unit vectors, √(2 − 2·correlation): none is missed.
    """
    flat, proposed, nearest = sketches.reshape(len(sketches), 64), [], []
    half = (flat**2).sum(axis=1) / 2
    for ours in (flat[block], sketches[block][:, :, ::-1].reshape(len(block), 64)):
        near = ours @ flat.T
        near -= half  # half a square of ours less half the squared distance
        near[np.arange(len(block)), block] = -np.inf
        i, right = np.nonzero(near >= (half[block] - slack[block] - ROUNDING)[:, None])
        within = near[i, right] >= half[block[i]] - slack[right] - ROUNDING
        proposed.append(ordered(block[i[within]], right[within]))
        nearest.append(ordered(block, near.argmax(axis=1)))
    return np.unique(np.concatenate(proposed), axis=0), np.concatenate(nearest)


def by_features(features: np.ndarray, block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The pairs whose features agree by ``FEATURES``, and each row with its nearest; both [p, 2]."""
    cosines = features[block] @ features.T
    cosines[np.arange(len(block)), block] = -1
    i, right = np.nonzero(cosines >= FEATURES)
    most = min(NEIGHBOURS, len(features) - 1)
    nearest = np.argpartition(-cosines, most - 1, axis=1)[:, :most]
    return np.unique(ordered(block[i], right), axis=0), ordered(np.repeat(block, most), nearest.ravel())


def standardised(features: np.ndarray) -> np.ndarray:
    """Each feature with mean 0 and spread 1 over the photos, then each photo with length 1."""
    if not len(features):
        return features
    centred = features.astype("float32") - features.mean(axis=0, dtype="float64").astype("float32")
    centred /= np.maximum(centred.std(axis=0), 1e-3)
    return centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6)


def ordered(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """int64 [p, 2], the lower row first."""
    return np.sort(np.stack([left, right], axis=1), axis=1)
