"""Pretrained weights: from Keras's own host into Keras's own cache, and from a file into a network. Nothing half-written is used."""

import errno
import hashlib
import os
import secrets
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO, NamedTuple
from warnings import catch_warnings, filterwarnings

import h5py
import keras
from keras.src.backend.config import keras_home  # the folder keras.utils.get_file uses; Keras has no public name for it

from tltool import progress
from tltool.errors import WeightsError
from tltool.home import expand
from tltool.models.packaged.package import say_which_are_here

SILENCE = 60.0  # seconds without a single byte after which a server counts as gone; a slow one may take as long as it likes
MEGABYTE = 1_000_000
UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENOSPC, errno.EDQUOT}


class Published(NamedTuple):
    """A weights file Keras publishes: its name in Keras's cache, its address, and its MD5 or SHA-256 (empty: none published)."""

    file: str
    url: str
    hash: str

    @property
    def path(self) -> Path:
        """Where Keras's cache keeps it (``KERAS_HOME``, ``~/.keras`` without one)."""
        return expand(keras_home()) / "models" / self.file


def cached(published: Published) -> bool:
    """Whether the whole file lies in Keras's cache already, so that ``fetch`` needs no network."""
    return published.path.is_file() and not damage(published.path, published.hash)


def fetch(published: Published) -> Path:
    """The file in Keras's cache, downloaded if it is not there or damaged.

    Raises:
        WeightsError: it cannot be downloaded or cannot be written. Then nothing new lies in the cache.
    """
    path = published.path
    if path.is_file():
        fault = damage(path, published.hash)
        if not fault:
            return path
        progress.warn(f"{path} {fault} and is downloaded again.")
    _download(published, path)
    return path


def damage(path: Path, published_hash: str) -> str:
    """What is wrong with a downloaded file, as the end of a sentence that starts with its name; empty if nothing is."""
    if published_hash:
        return "" if _hash(path, published_hash) == published_hash else "does not have the hash Keras publishes for it"
    try:
        h5py.File(path, "r").close()  # HDF5 notes its own length, so a file that was cut off does not open
    except OSError:
        return "is no complete HDF5 file"
    return ""


def load_weights(network: keras.Model, path: Path, name: str) -> None:
    """Put the weights in ``path`` into ``network``, the backbone called ``name``.

    Two kinds of HDF5 file fit: those Keras publishes (``.h5``, layers in order) and ``Model.save_weights`` (``.weights.h5``).

    Raises:
        WeightsError: no such file, another kind of file, one that links to other files, or weights of other shapes.
    """
    if not path.is_file():
        raise WeightsError(f"A weights file must exist. Received: {path}. Use imagenet, none or the path of an .h5 file.")
    try:
        if path.suffix != ".h5":
            raise ValueError("its name does not end in .h5")
        refuse_links(path)
        with catch_warnings():
            filterwarnings("ignore", message="Skipping nested container")  # a functional network nests no layers in lists
            network.load_weights(path)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OSError, RuntimeError) as error:
        raise WeightsError(
            f"A weights file must hold Keras weights of {name} without its top. Received: {path}, where {_first_line(error)}. "
            f"Keras's own files for it end in no_top.h5 or notop.h5."
        ) from error


def refuse_links(path: Path) -> None:
    """Raise ``ValueError`` if the HDF5 file ``path`` takes anything from elsewhere: links, external or virtual datasets."""

    def walk(group: h5py.Group) -> None:
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ValueError(f"{group.name}/{name} is a link")
            item = group[name]
            if isinstance(item, h5py.Group):
                walk(item)
            elif isinstance(item, h5py.Dataset) and (item.external or item.is_virtual):
                raise ValueError(f"{item.name} lies in another file")

    with h5py.File(path, "r") as file:
        walk(file)


def _download(published: Published, path: Path) -> None:
    """Into a file of its own beside ``path``, then under its name in one step: safe for two processes at once."""
    try:
        with _part(path) as part:
            with part.open("xb") as file, urllib.request.urlopen(published.url, timeout=SILENCE) as response:
                _copy(response, file, published.file)
            fault = damage(part, published.hash)
            if fault:
                raise OSError(f"a file that {fault}")
            part.replace(path)
    except (OSError, HTTPException) as error:  # URLError, HTTPError and TimeoutError are OSErrors
        raise WeightsError(_explain(published, error)) from error


@contextmanager
def _part(path: Path) -> Iterator[Path]:
    """A name beside ``path`` for a file that is not finished; whatever is left under it goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _copy(response: HTTPResponse, file: BinaryIO, label: str) -> None:
    total, done = int(response.headers.get("Content-Length") or 0), 0
    while block := response.read1(1 << 16):  # whatever has arrived, so that a slow server is not taken for a silent one
        file.write(block)
        if (done + len(block)) // MEGABYTE > done // MEGABYTE or done + len(block) == total:
            progress.step(f"Downloading {label}", (done + len(block)) // MEGABYTE, max(total, done + len(block)) // MEGABYTE, "MB")
        done += len(block)
    if total and done != total:
        raise OSError(f"{done:,} of {total:,} bytes")


def _hash(path: Path, like: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256" if len(like) == 64 else "md5").hexdigest()


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


def _explain(published: Published, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in UNWRITABLE:
        return (
            f"Weights are kept in Keras's cache, which must be a folder that can be written. Received: {published.path} "
            f"({os.strerror(error.errno)}). Set KERAS_HOME to another folder, or pass the file itself with --weights FILE."
        )
    proxies = " and ".join(f"{name} ({'set' if os.environ.get(name) else 'not set'})" for name in ("HTTPS_PROXY", "SSL_CERT_FILE"))
    return (
        f"Pretrained weights must come from {published.url} to {published.path}. Received: {_first_line(error)}. Check the "
        f"network and the variables {proxies}, fetch the file by other means and pass it with --weights FILE, or start from "
        f"an earlier run with --backbone RUN, or from {say_which_are_here()}"
    )
