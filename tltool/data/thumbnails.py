"""What every photo looks like, small, and how it is stored: one pass over all contents, kept so that none is opened twice.

A row of the cache is a thumbnail and the facts behind it (``data.arrays``: written whole, verified before use, shared between folders).
Thumbnails stay in their file, which is mapped; in memory are the photos being decoded and about a kilobyte of names for each other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import PIL

from tltool.data.cache.fallback import arrange, keep_rows
from tltool.data.cache.rows import Made, RowForm, Stored, find_rows, known_rows, make_rows
from tltool.data.cache.storage import location
from tltool.data.decoding import decoder
from tltool.data.decoding.decoder import Facts
from tltool.data.decoding.signatures import FORMATS
from tltool.data.samples import Samples, leave_out
from tltool.progress import track, warn

if TYPE_CHECKING:
    import pandas

SIDE = 32
SHAPE = (SIDE, SIDE, 3)
PIXELS = SIDE * SIDE * 3  # bytes of a thumbnail
FACTS = np.dtype(
    [
        ("format", "S8"),
        ("width", "<u4"),
        ("height", "<u4"),
        ("mode", "S8"),
        ("orientation", "u1"),
        ("depth", "u1"),
        ("levels", "<u2"),
        ("darkest", "u1"),
        ("brightest", "u1"),
        ("alpha", "u1"),
        ("damage", "S32"),
    ]
)  # decoder.Facts


@dataclass(frozen=True, eq=False)
class Thumbnails:
    """Row i is photo i of the samples' table.

    Attributes:
        pixels: uint8 RGB [n, 32, 32, 3], the whole upright photo stretched to a square; usually mapped from a file.
        facts: a column for each field of ``decoder.Facts``.
    """

    pixels: np.ndarray
    facts: "pandas.DataFrame"


def make_thumbnails(samples: Samples) -> tuple[Samples, Thumbnails]:
    """Decode every photo to its end at the smallest scale, or take what is known of its content from the cache.

    Returns:
        The samples without the photos that do not decode, which become faults, and their looks in the order of their table.
        Where the cache has no room or cannot be written, a warning says so and the looks are held in memory.

    Raises:
        DataError: a class is left without a readable photo.
        SpecError: TLTOOL_CACHE_GB is no number of gigabytes.
    """
    stored = find_rows(form := _form(), sources := samples.sources) or _build(form, sources)
    samples = leave_out(samples, stored.faults)
    return samples, _thumbnails(arrange(stored, samples.table["sha256"]))


def _form() -> RowForm:
    return RowForm("looks", (PIXELS + FACTS.itemsize,), "uint8", (decoder.VERSION, PIL.__version__, FORMATS, SIDE))


def _build(form: RowForm, sources: dict[str, list[str]]) -> Stored:
    """Look at what no other entry knows, and write it all into a new one, or into memory where there is no room."""
    known = known_rows(form, sources)

    def made() -> Iterable[Made]:
        return track(make_rows(sources, known, _look), "looking at photos", len(sources))

    def refused(reason: str) -> None:
        warn(
            f"What the photos look like cannot be kept in {location() / form.kind} ({reason}), and is looked up again by the next command."
        )

    return keep_rows(form, len(sources), made, refused)


def _look(data: bytes) -> np.ndarray:
    """One photo's row: its thumbnail, then its facts, uint8 [3072 + 63]."""
    thumbnail, facts = decoder.examine(data, SIDE)
    stored = np.array(tuple(value.encode() if isinstance(value, str) else value for value in facts), FACTS)
    return np.frombuffer(thumbnail.tobytes() + stored.tobytes(), np.uint8)


def _thumbnails(rows: np.ndarray) -> Thumbnails:
    """``rows`` as they are stored, uint8 [n, 3072 + 63]."""
    import pandas

    facts = np.ascontiguousarray(rows[:, PIXELS:]).view(FACTS)[:, 0]
    columns = {name: facts[name].astype(str if facts[name].dtype.kind == "S" else np.int64) for name in Facts._fields}
    return Thumbnails(rows[:, :PIXELS].reshape(-1, *SHAPE), pandas.DataFrame(columns))
