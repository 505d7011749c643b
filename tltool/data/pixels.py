"""Decode once: every photo, or every tile of it, as uint8 pixels in one memory-mapped file, shared between runs, keyed by what the photos
contain."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import PIL

from tltool.data.cache.rows import Made, RowForm, Stored, find_rows, known_rows, make_row, make_rows, open_rows, write_rows
from tltool.data.cache.storage import location
from tltool.data.decoding import decoder
from tltool.data.decoding.signatures import FORMATS
from tltool.data.samples import Samples, leave_out
from tltool.data.tiles import tiles_in
from tltool.errors import DataError
from tltool.progress import track, warn
from tltool.threads import cores, in_order
from tltool.wording import megabytes, quoted

SAMPLE = 256  # photos that a dry run decodes
AHEAD_BYTES = 64 << 20  # of pixels decoded before the one being written


@dataclass(frozen=True)
class Pixels:
    """uint8 RGB [n, size, size, 3], row i for row i of the samples' table, or of that of their tiles; the first axis is indexed as an
    array's is.

    ``contents`` is the SHA-256 of each photo, with the number of the tile behind it where it is one, and ``form`` all that decided its
    pixels beside that; where only a sample is decoded, ``ahead`` is how many seconds it takes to decode all, 0 where the cache has them.
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


class Squaring(NamedTuple):
    """How a photo becomes a square, or one for each of its tiles, so many ``tiles`` a side."""

    size: int
    fit: str
    tiles: int | None = None

    @property
    def form(self) -> RowForm:
        """What the cache keeps of a photo."""
        recipe, square = (decoder.VERSION, PIL.__version__, FORMATS, self.size, self.fit), (self.size, self.size, 3)
        facts = {"size": self.size, "fit": self.fit}
        if self.tiles:
            return RowForm("pixels", (tiles_in(self.tiles), *square), "uint8", (*recipe, self.tiles), facts)
        return RowForm("pixels", square, "uint8", recipe, facts)

    def make(self, data: bytes) -> np.ndarray:
        """A photo's content as that row."""
        if self.tiles:
            return decoder.decode_tiled(data, self.size, self.fit, self.tiles)[0]
        return decoder.decode(data, self.size, self.fit)

    def apart(self, rows: np.ndarray) -> np.ndarray:
        """The squares of several rows, or of one, one after the other."""
        return rows.reshape(-1, self.size, self.size, 3)

    def pixels(self, samples: Samples, fetch: Callable[[np.ndarray], np.ndarray], ahead: float = 0.0) -> Pixels:
        """Of all squares of ``samples``, photo after photo; ``fetch`` takes their places."""
        contents: list[str] = samples.table["sha256"].tolist()
        if self.tiles:
            contents = [f"{content}/{tile}" for content in contents for tile in range(tiles_in(self.tiles))]
        return Pixels((len(contents), self.size, self.size, 3), fetch, contents, self.form, ahead)


def decode_once(samples: Samples, size: int, fit: str, tiles: int | None = None) -> tuple[Samples, Pixels]:
    """Every photo decoded and resized, taken from the cache where it is there.

    Args:
        tiles: how many a side each photo is cut into; None leaves it whole.

    Returns:
        The samples without the photos that do not decode, which become faults, and the pixels in the order of their table, or of that of
        the same ``cut_into_tiles``.
        Where the cache has no room or cannot be written, a warning says so and pixels are decoded whenever they are asked for.

    Raises:
        DataError: a class is left without a readable photo.
        SpecError: TLTOOL_CACHE_GB is no number of gigabytes.
    """
    sources, squaring = samples.sources, Squaring(size, fit, tiles)
    stored = find_rows(squaring.form, sources) or _build(squaring, dict(sorted(sources.items())))
    samples = leave_out(samples, stored.faults)
    return samples, squaring.pixels(samples, _reader(stored, samples, squaring))


def decode_sample(samples: Samples, size: int, fit: str, tiles: int | None = None) -> tuple[Samples, Pixels]:
    """Decode up to ``SAMPLE`` photos, from every part of the table, to stand for all of them in a dry run. The cache stays as it is.

    Returns:
        The samples without those of the decoded ones that do not decode, which become faults; and pixels in which every photo is shown by
        one that was decoded.

    Raises:
        DataError: a class is left without a photo, or no photo decodes.
    """
    squaring, sources = Squaring(size, fit, tiles), samples.sources
    sample = [list(sources)[place] for place in np.unique(np.linspace(0, len(sources) - 1, SAMPLE).astype(int))]
    started = time.monotonic()
    made = make_rows({sha256: sources[sha256] for sha256 in sample}, {}, squaring.make)
    found = {one.sha256: one for one in track(made, "decoding a sample", len(sample))}
    seconds = (time.monotonic() - started) / len(sample) * len(sources)
    samples = leave_out(samples, {sha256: one.reason for sha256, one in found.items() if one.row is None})
    stand_ins = [one.row for one in found.values() if one.row is not None]
    if not stand_ins:
        raise DataError(f"Photos must decode. Received: {len(sample)} of {len(sources)} that do not. `tltool check` lists them all.")
    squares = squaring.apart(np.stack(stand_ins))
    ahead = seconds if open_rows(squaring.form, squaring.form.place(sources)) is None else 0.0
    return samples, squaring.pixels(samples, lambda places: squares[places % len(squares)], ahead)


def decode_own(
    samples: Samples, size: int, fit: str, advice: str = "Put them back, or measure on other photos with --data.", tiles: int | None = None
) -> Pixels:
    """``decode_once`` for the photos of a run, which must all still be there, on the disk or in the cache.

    Raises:
        DataError: some are gone or damaged.
    """
    try:
        kept, pixels = decode_once(samples, size, fit, tiles)
    except DataError as error:
        raise DataError(f"The photos of a run must stay where they were. {advice} {error}") from None
    if len(kept) < len(samples):
        lost = sorted(set(samples.paths) - set(kept.paths))
        raise DataError(
            f"The photos of a run must stay where they were. Received: {len(lost)} gone or damaged, such as {quoted(lost[0])}. {advice}"
        )
    return pixels


def _reader(stored: Stored, samples: Samples, squaring: Squaring) -> Callable[[np.ndarray], np.ndarray]:
    if not len(stored.array):
        return _streaming(samples, squaring)
    pixels, each = stored.array, tiles_in(squaring.tiles)
    order = np.array([stored.rows[sha256] for sha256 in samples.table["sha256"]], dtype=np.int64)
    if squaring.tiles:
        return lambda places: pixels[order[places // each], places % each]
    return lambda places: pixels[order[places]]


def _streaming(samples: Samples, squaring: Squaring) -> Callable[[np.ndarray], np.ndarray]:
    """Photos decoded when they are asked for; DataError where one is not what it was when it was listed."""
    contents, sources, each = samples.table["sha256"].tolist(), samples.sources, tiles_in(squaring.tiles)

    def decode(place: int) -> np.ndarray:
        content = contents[place // each]
        made = make_row(content, sources[content], squaring.make)
        if made.row is None:
            raise DataError(
                f"Photos must stay as they were while they are used. Received: {sources[made.sha256][0]}, which {made.reason}. Start again."
            )
        return squaring.apart(made.row)[place % each]

    def fetch(places: np.ndarray) -> np.ndarray:
        photos = list(in_order(decode, places))
        return np.stack(photos) if photos else np.empty((0, squaring.size, squaring.size, 3), np.uint8)

    return fetch


def _build(squaring: Squaring, sources: dict[str, list[str]]) -> Stored:
    """Decode into a new entry what no other has, or only see what decodes where there is no room for one."""
    form = squaring.form
    known, ahead = known_rows(form, sources), min(256, max(2 * cores(), AHEAD_BYTES // form.row_bytes))

    def made() -> Iterable[Made]:
        return track(make_rows(sources, known, squaring.make, ahead), "decoding photos", len(sources))

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
