"""What a model is given, whatever it is: something that is asked for rows and answers with an array."""

from typing import Protocol

import numpy as np


class Rows(Protocol):
    """The inputs of a model, row i for row i of the samples' table.

    ``rows[places]`` with int64 [k] is uint8 RGB [k, size, size, 3] of photos, or float32 [k, length, channels] of signals. NumPy arrays are
    such rows, and so are ``Pixels``, which read from the cache or decode when they are asked.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Of all rows: [n, size, size, 3] or [n, length, channels]."""

    def __len__(self) -> int: ...

    def __getitem__(self, places: np.ndarray, /) -> np.ndarray: ...


def fit_of(rows: Rows) -> str:
    """How photos became the squares that ``rows`` are; "" of what says nothing of it, as signals do."""
    return getattr(rows, "fit", "")
