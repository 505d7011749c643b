"""Rows kept in the cache for the next command, or held in memory where it has no room for them."""

from collections.abc import Callable, Iterable

import numpy as np

from tltool.data.cache.rows import Made, RowForm, Stored, write_rows


def keep_rows(form: RowForm, most: int, made: Callable[[], Iterable[Made]], refused: Callable[[str], None]) -> Stored:
    """``write_rows`` of what ``made`` makes; where that cannot be, the same made anew and held in memory.

    Args:
        refused: is told the reason before anything is held; it warns, or raises.

    Raises:
        SpecError: TLTOOL_CACHE_GB is no number of gigabytes.
    """
    try:
        return write_rows(form, most, made())
    except OSError as error:
        refused(error.strerror or str(error))
    array = np.empty((most, *form.shape), form.dtype)
    rows: dict[str, int] = {}
    faults: dict[str, str] = {}
    for one in made():
        if one.row is None:
            faults[one.sha256] = one.reason
        else:
            array[len(rows)] = one.row
            rows[one.sha256] = len(rows)
    return Stored(rows, faults, array[: len(rows)], [])


def arrange(stored: Stored, hashes: Iterable[str]) -> np.ndarray:
    """The rows of these contents in this order; those in order already are not copied, so that they stay on the disk."""
    order = np.array([stored.rows[sha256] for sha256 in hashes], np.int64)
    return stored.array if np.array_equal(order, np.arange(len(stored.array))) else stored.array[order]
