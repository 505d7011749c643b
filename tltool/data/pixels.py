"""Decode once: every photo as uint8 pixels in one memory-mapped file, shared between runs, keyed by what the photos contain."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import PIL

from tltool.data.cache.rows import Made, RowForm, Stored, find_rows, known_rows, make_row, make_rows, open_rows, write_rows
from tltool.data.cache.storage import location
from tltool.data.decoding import decoder
from tltool.data.decoding.signatures import FORMATS
from tltool.data.samples import Samples, leave_out
from tltool.errors import DataError
from tltool.progress import track, warn
from tltool.threads import cores, in_order
from tltool.wording import megabytes, quoted

SAMPLE = 256  # photos that a dry run decodes
AHEAD_BYTES = 64 << 20  # of pixels decoded before the one being written


@dataclass(frozen=True)
class Pixels:
    """uint8 RGB [n, size, size, 3], row i for row i of the samples' table; the first axis is indexed as an array's is.

    ``contents`` is the SHA-256 of each photo, and ``form`` all that decided its pixels beside that; where only a sample is decoded,
    ``ahead`` is how many seconds it takes to decode all, 0 where the cache has them.
    """

    shape: tuple[int, int, int, int]
    fetch: Callable[[np.ndarray], np.ndarray]  # places [k] → uint8 [k, size, size, 3]
    contents: list[str]
    form: RowForm
    ahead: float = 0.0
    dtype: ClassVar[np.dtype[np.uint8]] = np.dtype(np.uint8)

    @property
    def fit(self) -> str:
        """How a photo became its square."""
        return str(self.form.facts["fit"])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> np.ndarray:
        places = np.arange(len(self))[rows]
        return self.fetch(places) if places.ndim else self.fetch(places[None])[0]


def decode_once(samples: Samples, size: int, fit: str) -> tuple[Samples, Pixels]:
    """Every photo decoded and resized, taken from the cache where it is there.

    Returns:
        The samples without the photos that do not decode, which become faults, and the pixels in the order of their table.
        Where the cache has no room or cannot be written, a warning says so and pixels are decoded whenever they are asked for.

    Raises:
        DataError: a class is left without a readable photo.
        SpecError: TLTOOL_CACHE_GB is no number of gigabytes.
    """
    sources = samples.sources
    stored = find_rows(form := _form(size, fit), sources) or _build(form, dict(sorted(sources.items())), size, fit)
    samples = leave_out(samples, stored.faults)
    return samples, Pixels((len(samples), size, size, 3), _reader(stored, samples, size, fit), samples.table["sha256"].tolist(), form)


def decode_sample(samples: Samples, size: int, fit: str) -> tuple[Samples, Pixels]:
    """Decode up to ``SAMPLE`` photos, from every part of the table, to stand for all of them in a dry run. The cache stays as it is.

    Returns:
        The samples without those of the decoded ones that do not decode, which become faults; and pixels in which every photo is shown by
        one that was decoded.

    Raises:
        DataError: a class is left without a photo, or no photo decodes.
    """
    form, sources = _form(size, fit), samples.sources
    sample = [list(sources)[place] for place in np.unique(np.linspace(0, len(sources) - 1, SAMPLE).astype(int))]
    started = time.monotonic()
    made = make_rows({sha256: sources[sha256] for sha256 in sample}, {}, lambda data: decoder.decode(data, size, fit))
    found = {one.sha256: one for one in track(made, "decoding a sample", len(sample))}
    seconds = (time.monotonic() - started) / len(sample) * len(sources)
    samples = leave_out(samples, {sha256: one.reason for sha256, one in found.items() if one.row is None})
    stand_ins = [one.row for one in found.values() if one.row is not None]
    if not stand_ins:
        raise DataError(f"Photos must decode. Received: {len(sample)} of {len(sources)} that do not. `tltool check` lists them all.")
    photos = np.stack(stand_ins)
    ahead = seconds if open_rows(form, form.place(sources)) is None else 0.0
    contents = samples.table["sha256"].tolist()
    return samples, Pixels((len(samples), size, size, 3), lambda places: photos[places % len(photos)], contents, form, ahead)


def decode_own(samples: Samples, size: int, fit: str, advice: str = "Put them back, or measure on other photos with --data.") -> Pixels:
    """``decode_once`` for the photos of a run, which must all still be there, on the disk or in the cache.

    Raises:
        DataError: some are gone or damaged.
    """
    try:
        kept, pixels = decode_once(samples, size, fit)
    except DataError as error:
        raise DataError(f"The photos of a run must stay where they were. {advice} {error}") from None
    if len(kept) < len(samples):
        lost = sorted(set(samples.paths) - set(kept.paths))
        raise DataError(
            f"The photos of a run must stay where they were. Received: {len(lost)} gone or damaged, such as {quoted(lost[0])}. {advice}"
        )
    return pixels


def _form(size: int, fit: str) -> RowForm:
    recipe = (decoder.VERSION, PIL.__version__, FORMATS, size, fit)
    return RowForm("pixels", (size, size, 3), "uint8", recipe, {"size": size, "fit": fit})


def _reader(stored: Stored, samples: Samples, size: int, fit: str) -> Callable[[np.ndarray], np.ndarray]:
    if not len(stored.array):
        return _streaming(samples, size, fit)
    pixels, order = stored.array, np.array([stored.rows[sha256] for sha256 in samples.table["sha256"]], dtype=np.int64)
    return lambda places: pixels[order[places]]


def _streaming(samples: Samples, size: int, fit: str) -> Callable[[np.ndarray], np.ndarray]:
    """Photos decoded when they are asked for; DataError where one is not what it was when it was listed."""
    contents, sources = samples.table["sha256"].tolist(), samples.sources

    def decode(place: int) -> np.ndarray:
        made = make_row(contents[place], sources[contents[place]], lambda data: decoder.decode(data, size, fit))
        if made.row is None:
            raise DataError(
                f"Photos must stay as they were while they are used. Received: {sources[made.sha256][0]}, which {made.reason}. Start again."
            )
        return made.row

    def fetch(places: np.ndarray) -> np.ndarray:
        photos = list(in_order(decode, places))
        return np.stack(photos) if photos else np.empty((0, size, size, 3), np.uint8)

    return fetch


def _build(form: RowForm, sources: dict[str, list[str]], size: int, fit: str) -> Stored:
    """Decode into a new entry what no other has, or only see what decodes where there is no room for one."""
    known, ahead = known_rows(form, sources), min(256, max(2 * cores(), AHEAD_BYTES // form.row_bytes))

    def made() -> Iterable[Made]:
        return track(make_rows(sources, known, lambda data: decoder.decode(data, size, fit), ahead), "decoding photos", len(sources))

    try:
        return write_rows(form, len(sources), made())
    except OSError as error:
        warn(
            f"The decoded photos need {megabytes(len(sources) * form.row_bytes)} in {location() / form.kind}, which cannot be had "
            f"there ({error.strerror or error}). They are decoded again in every epoch, which is slower; set TLTOOL_CACHE to a folder "
            "with more room, or see what `tltool cache` lists."
        )
        faults = {one.sha256: one.reason for one in made() if one.row is None}
        return Stored({}, faults, np.empty((0, *form.shape), np.uint8), [])
