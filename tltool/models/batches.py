"""Decoded photos, or signals → batches. No tf.data: the same on every Keras backend, and the order depends on (seed, epoch) alone."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import keras
import numpy as np

from tltool.data.rows import Rows
from tltool.models.augmentation import Variation, draw, vary
from tltool.task import Targets


class Batches(keras.utils.PyDataset):
    """Batches of float32 RGB 0–255 [b, size, size, 3] with their targets [b, …], and weights in the loss [b], or without.

    Args:
        pixels: the inputs of all photos, or signals.
        rows: which photos, in order.
        targets: of ``rows``, as ``tltool.task.Targets``; they vary as the photos do.
        seed: shuffles anew every epoch, from (seed, epoch); None keeps the order. Fit with ``shuffle=False``: Keras would order a
            dataset with Python's global random numbers.
        epoch: epochs that were trained before.
        weights: of each entry of ``rows`` in the loss; None counts all the same.
        amounts: by how much photos vary, as ``augmentation.amounts_of`` says it, drawn from (seed, epoch, content).
    """

    def __init__(
        self,
        pixels: Rows,
        rows: np.ndarray,
        targets: Targets | None = None,
        batch_size: int = 32,
        seed: int | None = None,
        epoch: int = 0,
        weights: np.ndarray | None = None,
        amounts: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        super().__init__()
        self.pixels, self.rows, self.targets, self.batch_size, self.seed = pixels, rows, targets, batch_size, seed
        self.epoch, self.weights, self.amounts = epoch, weights, dict(amounts)
        self.contents = _told_apart(pixels, rows) if amounts else []
        self.order = self._order()

    @property
    def unit(self) -> str:
        """What the rows are, for people."""
        return "signals" if len(getattr(self.pixels, "shape", ())) == 3 else "photos"

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def __getitem__(self, index: int) -> Any:
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        rows, variation = self.rows[chosen], self._variation(chosen)
        inputs = self.pixels[rows]
        inputs = vary(inputs, variation) if variation else inputs.astype("float32")
        targets = [self.targets(rows, variation and variation.matrices)] if self.targets else []
        return (inputs, *targets, *([] if self.weights is None else [self.weights[chosen]]))

    def _variation(self, chosen: np.ndarray) -> Variation | None:
        if not self.amounts:
            return None
        return draw(self.amounts, self.pixels.shape[1], [self.contents[place] for place in chosen], self.seed or 0, self.epoch)

    def on_epoch_end(self) -> None:
        self.epoch += 1
        self.order = self._order()

    def _order(self) -> np.ndarray:
        if self.seed is None:
            return np.arange(len(self.rows))
        return np.random.default_rng((self.seed, self.epoch)).permutation(len(self.rows))


def _told_apart(pixels: Rows, rows: np.ndarray) -> list[str]:
    """Of each of ``rows`` what its draw depends on: the photo's content, and how often it came before."""
    contents, seen, told = getattr(pixels, "contents", None), Counter[str](), []
    for row in rows:
        content = contents[row] if contents else str(row)
        told.append(f"{content}+{seen[content]}" if seen[content] else content)
        seen[content] += 1
    return told
