"""What somebody says who has seen the training labels, and no photo: the mean box of the most frequent class, in every photo."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.tasks.detect.boxes import boxes_of

SIDES = ("left", "top", "right", "bottom")


def learned_from(truths: Collection[Truth], classes: Sequence[str]) -> dict[str, dict[str, float]]:
    """``guess``: the sides of the mean box, in shares of the photo; ``guessed``: its class, and the share of all boxes that are of it.
    Nothing where there are no boxes."""
    known = [boxes_of(truth, classes) for truth in truths]
    single = [boxes.of(~boxes.crowd) for boxes in known]
    kinds = np.concatenate([np.empty(0, int), *(boxes.kinds for boxes in single)])
    if not len(kinds):
        return {}
    shares = [boxes.corners / ((truth.width, truth.height) * 2) for boxes, truth in zip(single, truths, strict=True)]
    most = int(np.bincount(kinds).argmax())
    mean = np.concatenate(shares)[kinds == most].mean(axis=0)
    guess = {side: round(float(share), 6) for side, share in zip(SIDES, mean, strict=True)}
    return {"guess": guess, "guessed": {classes[most]: round(float(np.mean(kinds == most)), 6)}}


def guesses(settled: Mapping[str, Any], truths: Collection[Truth]) -> list[Truth]:
    """The same box in every photo of ``truths``; no answers where nothing was learned."""
    if "guess" not in settled or "guessed" not in settled:
        return []
    (label,), shares = settled["guessed"], np.array([settled["guess"][side] for side in SIDES])
    sizes = [(truth.width, truth.height) for truth in truths]
    return [Truth(*size, (Instance(Box.of(label, (shares * (size * 2)).tolist())),)) for size in sizes]
