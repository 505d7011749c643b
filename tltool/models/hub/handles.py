"""A hub handle → the folder of its SavedModel, downloaded once into a cache that survives a cleaned temporary folder.

``tensorflow_hub`` (and its ``pkg_resources``) is imported only when something has to be downloaded.
"""

import hashlib
import http.client
import os
import re
import shutil
import socket
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

from tltool.catalog import BACKBONES
from tltool.data.cache.storage import location
from tltool.errors import WeightsError
from tltool.home import expand
from tltool.models.packaged.package import say_which_are_here
from tltool.progress import say, warn

STALL = 60.0  # seconds without a byte; tensorflow_hub itself would wait for ever
GRAPH = "saved_model.pb"
INDEX = "variables/variables.index"
DOWNLOAD_ERRORS = (OSError, EOFError, ValueError, tarfile.TarError, zlib.error, http.client.HTTPException)


def find_module(handle: str, download: bool = True) -> Path | None:
    """The local SavedModel folder of ``handle``, a folder, a URL or a Kaggle or tfhub.dev name, with or without ``hub:``.

    With ``download=False`` nothing is fetched, and a module that is not in the cache gives ``None``.

    Raises:
        WeightsError: the handle names nothing, the folder holds no SavedModel, or the download failed.
    """
    name = handle.removeprefix("hub:")
    folder = expand(name)
    if "://" not in name and folder.is_dir():
        return _require_module(folder, handle)
    cached = _cached(_url(name, handle))
    if _is_module(cached):
        return cached
    return _download(_url(name, handle), cached, handle) if download else None


def require_handle(handle: str) -> None:
    """Raises ``WeightsError`` for a handle that is neither a folder with a SavedModel, nor an address, nor a name of that form."""
    name = handle.removeprefix("hub:")
    if "://" not in name and (folder := Path(name).expanduser()).is_dir():
        _require_module(folder, handle)
    else:
        _url(name, handle)


def cache_folder() -> Path:
    """Where downloaded modules stay: ``TFHUB_CACHE_DIR``, or ``hub`` in tltool's own cache."""
    return expand(os.environ.get("TFHUB_CACHE_DIR") or location() / "hub")


def _url(name: str, handle: str) -> str:
    """The address of a name: a URL as it is, ``owner/model/TensorFlow2/variation/version`` on Kaggle, any other on tfhub.dev."""
    if re.match(r"https?://[^/]+/.", name):
        return name
    if not re.fullmatch(r"\w[\w.-]*(/[\w.-]+){2,}", name):
        raise WeightsError(
            "A hub handle must be a SavedModel folder that exists, an http(s) URL, or a name such as "
            "google/mobilenet-v2/tensorFlow2/100-224-feature-vector/2. "
            f"Received: {handle!r}. {_spelling(name)}"
        )
    on_kaggle = name.split("/")[2].lower() == "tensorflow2"
    return f"https://www.kaggle.com/models/{name}" if on_kaggle else f"https://tfhub.dev/{name}"


def _spelling(name: str) -> str:
    close = get_close_matches(name.lower().replace("-", "_"), BACKBONES, n=1, cutoff=0.7)
    return f"That network needs no hub: give --backbone {close[0]}." if close else "Check the spelling of the path or the name."


def _cached(url: str) -> Path:
    """The folder tensorflow_hub gives a URL: its SHA-1 in the cache."""
    return cache_folder() / hashlib.sha1(url.encode("utf8")).hexdigest()


def _is_module(folder: Path) -> bool:
    return (folder / GRAPH).is_file() and (folder / INDEX).is_file()


def _require_module(folder: Path, handle: str) -> Path:
    if _is_module(folder):
        return folder
    raise WeightsError(
        f"A hub folder must hold a TensorFlow 2 SavedModel ({GRAPH} and {INDEX}). Received: {handle!r}. Give the folder that holds {GRAPH}."
    )


def _download(url: str, cached: Path, handle: str) -> Path:
    _repair(cached)
    say(f"Downloading hub module {url} to {cached.parent}")
    try:
        with _settings():
            _resolve(url)
    except DOWNLOAD_ERRORS as error:
        raise _unavailable(url, handle, f"{type(error).__name__}: {error}") from error
    if not _is_module(cached):
        _repair(cached)
        raise _unavailable(url, handle, "the download is not a TensorFlow 2 SavedModel")
    return cached


def _resolve(url: str) -> None:
    try:
        import tensorflow_hub
    except ImportError as error:
        raise WeightsError(
            "Downloading a hub module needs tensorflow-hub and its pkg_resources. "
            f"Received: {error}. Run: pip install tensorflow-hub 'setuptools<82'."
        ) from error
    from tensorflow.errors import OpError

    try:
        tensorflow_hub.resolve(url)
    except OpError as error:  # TensorFlow's own file errors are no OSError
        raise OSError(error.message) from error


def _repair(cached: Path) -> None:
    """Clear what an interrupted download or a cleaner left: an incomplete folder, a dead process's lock (a wait of minutes)."""
    if cached.is_dir() and not _is_module(cached):
        warn(f"The cached hub module {cached} is incomplete and is fetched again.")
        shutil.rmtree(cached)
    lock = cached.with_name(cached.name + ".lock")
    if lock.is_file() and _is_dead(lock.read_text(encoding="utf8", errors="replace")):
        lock.unlink()
        for rest in cached.parent.glob(cached.name + ".*.tmp"):
            shutil.rmtree(rest, ignore_errors=True)


def _is_dead(lock: str) -> bool:
    """Whether the lock ``host.pid.uid`` belongs to a process of this computer that is gone."""
    host, _, pid = lock.rpartition(".")[0].rpartition(".")
    if os.name != "posix" or host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    return False


@contextmanager
def _settings() -> Iterator[None]:
    """tensorflow_hub reads its settings from the environment: our cache, never the temporary folder; and no endless wait."""
    ours = {"TFHUB_CACHE_DIR": str(cache_folder()), "TFHUB_MODEL_LOAD_FORMAT": "COMPRESSED"}
    before = {name: os.environ.get(name) for name in ours}
    timeout = socket.getdefaulttimeout()
    os.environ.update(ours)
    socket.setdefaulttimeout(STALL)
    try:
        yield
    finally:
        socket.setdefaulttimeout(timeout)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _unavailable(url: str, handle: str, reason: str) -> WeightsError:
    proxies = [name for name in ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY") if os.environ.get(name) or os.environ.get(name.lower())]
    return WeightsError(
        f"The hub module must be downloadable. Received: {handle!r}, from {url} ({' '.join(reason.split())}), "
        f"for the cache {cache_folder()} (TFHUB_CACHE_DIR), with the proxy variables {', '.join(proxies) or 'unset'}. "
        "Check the handle and the network, or give a downloaded SavedModel with --backbone hub:FOLDER, "
        f"or an earlier run with --backbone RUN, or {say_which_are_here()}"
    )
