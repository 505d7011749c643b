"""From a place beside the exports to their names: what is being made stays out of sight until it is proved and everything with it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tltool.atomic import hold, write_json
from tltool.errors import ExportError
from tltool.exports.bundle.card import describe_making, read_note
from tltool.exports.bundle.contents import PARITY, write_bundle
from tltool.exports.bundle.vector_photos import choose_vectors
from tltool.exports.reference import Reference
from tltool.exports.results import Exports
from tltool.models.processes.worker import working
from tltool.parity import Parity
from tltool.reading import open_regular

UNPROVED, LOCK = ".unproved-", "lock"


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """A place inside ``folder`` where artefacts are made and proved before they take their names, with one worker for all of them; gone
    afterwards, at the latest when the next export finds one whose process was killed.

    Raises:
        ExportError: ``folder`` cannot be written, or the disk is full.
    """
    place = folder / f"{UNPROVED}{os.getpid()}"
    try:
        _sweep(folder)
        place.mkdir(parents=True)
        with (place / LOCK).open("wb") as lock, working():
            hold(lock, alone=True)
            yield place
    except OSError as error:
        raise ExportError(f"There must be room and leave to write into {folder}. Received: {error.strerror or error}.") from None
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _sweep(folder: Path) -> None:
    for lock in folder.glob(f"{UNPROVED}*/{LOCK}"):
        with suppress(OSError), open_regular(lock) as file:
            if hold(file, alone=True):  # else its process is still at work
                shutil.rmtree(lock.parent, ignore_errors=True)


def publish(parities: dict[Path, Parity], reference: Reference, facts: dict[str, Any], folder: Path) -> Exports:
    """Give proved artefacts their names in ``folder``, and write ``parity.json`` and what an app needs beside them anew.

    The test vectors are some of the photos of ``reference``.

    Raises:
        ExportError: ``folder`` cannot be written.
    """
    vectors = choose_vectors(reference)
    published = {}
    for path, parity in parities.items():
        target = folder / path.name
        if target.is_dir():
            target.rename(path.with_name(f"earlier-{path.name}"))
        published[path.replace(target)] = parity
    earlier = read_note(folder / PARITY)
    making = {path: describe_making(path) for path in published}
    content = {
        **earlier,
        **{path.name: {"split": reference.split, **parity.to_dict(), **making[path]} for path, parity in published.items()},
    }
    write_json(folder / PARITY, content, ExportError)
    write_bundle(folder, facts, vectors, {path.name for path in published})
    return Exports(folder, reference.split, published, making)
