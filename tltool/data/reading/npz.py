"""An ``.npz`` file of a user's → its arrays, as they must be. Read without pickles, so that opening one runs nothing; never written to."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO
from unicodedata import normalize
from zipfile import ZipFile, is_zipfile

import numpy as np

from tltool.errors import DataError
from tltool.reading import open_regular
from tltool.wording import megabytes, quoted

HARMLESS, SWELLING = 256 << 20, 30  # bytes that any file may unpack to, and times its own size that a larger one may
NUMBERS, WORDS = "biuf", "biuUS"  # kinds of NumPy types: truth values, whole numbers, unsigned ones, floats, text, bytes


def load_arrays(file: Path, needed: Sequence[str], others: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """The arrays called ``needed``, and those of ``others`` that are there.

    Raises:
        DataError: no such file, no ``.npz`` file, damaged, or without one that is needed.
    """
    try:
        opened = open_regular(file)
    except OSError as error:
        raise DataError(f"The signals must be in a file that exists. Received: {quoted(file)}, which {_what_it_is(error)}.") from None
    with opened:
        if not is_zipfile(opened):
            raise DataError(
                f"The signals must be in an .npz file, as numpy.savez(file, x=…, y=…) writes it. Received: {quoted(file)}, "
                "which is none, or was cut short."
            )
        return _load(file, opened, needed, others)


def _load(file: Path, opened: BinaryIO, needed: Sequence[str], others: Sequence[str]) -> dict[str, np.ndarray]:
    try:
        _check_swelling(file, opened)
        opened.seek(0)
        with np.load(opened, allow_pickle=False) as archive:
            _check_names(file, archive.files, needed)
            return {name: _array(file, name, archive) for name in (*needed, *others) if name in archive}
    except DataError:
        raise
    except Exception as error:  # what a damaged file raises depends on where it is damaged
        raise DataError(
            f"The signals must be in an .npz file that is whole. Received: {quoted(file)} "
            f"({str(error) or type(error).__name__}). Write it again."
        ) from None


def as_signals(file: Path, x: np.ndarray) -> np.ndarray:
    """The array ``x`` [n, length] or [n, length, channels] of any kind of numbers as float32 [n, length, channels].

    Raises:
        DataError: no numbers, none at all, another form, or some that are not finite.
    """
    if x.dtype.kind not in NUMBERS:
        raise DataError(f"x must hold numbers. Received: {quoted(file)} with {x.dtype}.")
    if x.ndim not in (2, 3) or not x.size or x.shape[1] < 2:
        raise DataError(
            "x must be signals × time, or signals × time × channels, with at least two steps of time. "
            f"Received: {quoted(file)} with an x of the shape {x.shape}."
        )
    with np.errstate(over="ignore"):
        signals = np.ascontiguousarray(x.reshape(*x.shape[:2], -1), np.float32)
    bad = np.flatnonzero(~np.isfinite(signals).all(axis=(1, 2)))
    if len(bad):
        raise DataError(
            f"x must hold finite numbers. Received: {quoted(file)} with NaN, infinity or more than float32 can hold in "
            f"{len(bad)} of {len(x)} signals, such as number {bad[0]}. Fill them in, or leave those signals out."
        )
    return signals


def as_words(file: Path, name: str, given: np.ndarray, n: int) -> list[str]:
    """An array of whole numbers or text as text, one entry for each of ``n`` signals, trimmed and composed.

    Raises:
        DataError: another length, another kind, or bytes that are no UTF-8.
    """
    if given.shape != (n,):
        raise DataError(
            f"{name} must have one entry for each of the {n} signals in x, so the shape ({n},). Received: {quoted(file)} with "
            f"{given.shape}."
        )
    if given.dtype.kind not in WORDS:
        raise DataError(f"{name} must hold whole numbers or text. Received: {quoted(file)} with {given.dtype}. Save {name}.astype(int).")
    try:
        entries = np.char.decode(given, "utf-8") if given.dtype.kind == "S" else given
    except UnicodeDecodeError:
        raise DataError(f"{name} must be UTF-8 where it is bytes. Received: {quoted(file)}. Save it as text.") from None
    return [normalize("NFC", str(entry)).strip() for entry in entries.tolist()]


def _what_it_is(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    return "is a folder" if isinstance(error, IsADirectoryError) else str(error.strerror)


def _check_swelling(file: Path, opened: BinaryIO) -> None:
    """A few bytes that unpack to more than memory holds are refused before any of them is."""
    packed = os.fstat(opened.fileno()).st_size
    with ZipFile(opened) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > max(HARMLESS, SWELLING * packed):
        raise DataError(
            f"A compressed file of signals must unpack to at most {SWELLING} times its size. Received: {quoted(file)}, "
            f"{megabytes(packed)} that unpack to {megabytes(unpacked)}. Write it uncompressed, with numpy.savez."
        )


def _check_names(file: Path, there: Sequence[str], needed: Sequence[str]) -> None:
    if missing := [name for name in needed if name not in there]:
        held = f"with {', '.join(map(quoted, there[:10]))}{', …' * (len(there) > 10)}" if there else "with no array"
        raise DataError(
            f"The file must hold the array{'s' * (len(needed) > 1)} {' and '.join(needed)}. Received: {quoted(file)} {held}, "
            f"without {' and '.join(missing)}. Write it with numpy.savez(file, x=…, y=…)."
        )


def _array(file: Path, name: str, archive: "np.lib.npyio.NpzFile") -> np.ndarray:
    try:
        found = archive[name]
        if not isinstance(found, np.ndarray):
            raise TypeError(f"{name} is no array")
        return found
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
    wanted, advice = (
        ("signals of one length, as numbers", "Cut or pad them to one length.")
        if name == "x"
        else ("whole numbers or text", f"Save {name}.astype(str).")
    )
    raise DataError(f"{name} must hold {wanted}. Received: {quoted(file)} with an array of Python objects, which are not read. {advice}")
