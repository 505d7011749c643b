"""What photos may be given as: a path, or a table of any library that pandas can take over."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tltool.errors import SpecError
from tltool.wording import described

if TYPE_CHECKING:
    import pandas


def as_source(data: Any) -> "Path | pandas.DataFrame":
    """A path, or a table as a pandas DataFrame: one of pandas already, of polars, pyarrow, modin, cuDF, or whatever else has ``to_pandas``
    or gives its columns by name.

    Raises:
        SpecError: neither, or a table that is not there yet, such as a polars LazyFrame.
    """
    if isinstance(data, (str, os.PathLike)) and os.fspath(data).strip():
        return Path(data)
    if _is_of_pandas(data):
        return data
    hint = "Give the path of a folder with one subfolder per class, or a table with the columns path and label."
    if maker := next((name for name in ("collect", "compute") if hasattr(data, name)), None):  # of polars and of dask, not there yet
        hint = f"Write .{maker}() behind it."
    elif hasattr(data, "columns") and (frame := _taken_over(data)) is not None:
        return frame
    raise SpecError(f"Photos must be given as a folder, a CSV or a DataFrame. Received: {described(data)}. {hint}")


def _is_of_pandas(data: Any) -> bool:
    return any((kind.__module__.partition(".")[0], kind.__name__) == ("pandas", "DataFrame") for kind in type(data).__mro__)


def _taken_over(data: Any) -> "pandas.DataFrame | None":
    """``data`` as pandas has it; None where it cannot be had."""
    import pandas

    try:
        frame = data.to_pandas()
    except (AttributeError, ImportError):  # polars goes through pyarrow, which may not be there
        try:
            return pandas.DataFrame({name: list(data[name]) for name in data.columns})
        except (TypeError, ValueError, LookupError, AttributeError):
            return None
    return frame if _is_of_pandas(frame) else None
