"""A ``.keras`` file is opened and read here before Keras may see it, and refused if it could do more than hold a model.

Keras's ``safe_mode`` stops Python lambdas and little else. Published ways around it named functions of Keras or other modules
(CVE-2025-1550, CVE-2025-8747, CVE-2025-9906), used legacy HDF5 files (CVE-2025-9905), SavedModels (CVE-2026-1462), paths of
vocabularies (CVE-2025-12058), HDF5 files that point to others (CVE-2026-1669) and sizes claimed but not there (CVE-2026-0897).
So nothing bad is searched for: whatever is not in ``allowlist`` is refused. Needs neither Keras nor TensorFlow.

How large a model would become is ``size_guard``'s to say, with Keras. Not covered: faults inside the HDF5 library, and a file that is
exchanged between the check and the loading.
"""

import os
import re
import stat
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from tltool.errors import RunError
from tltool.models.saving.config_guard import config_faults, holds_hub
from tltool.models.saving.weights_guard import Part, weight_faults
from tltool.reading import open_regular, parse_json

CONFIG, METADATA, WEIGHTS = MEMBERS = ("config.json", "metadata.json", "model.weights.h5")
ASSET = re.compile(r"assets(/[\w+ -][\w.+ -]*)+", re.ASCII)  # the files of a hub module; no part starts with a dot
MOST_ASSETS = 1000
LARGEST_FILE = 4 << 30  # bytes; the largest network of keras.applications needs 1.4 GB
LARGEST_JSON = 4 << 20  # bytes; the longest config of keras.applications has 1.1 MB
# what zipfile, json and h5py raise on broken files; RuntimeError includes endless recursion
DAMAGE = (BadZipFile, EOFError, KeyError, OSError, RuntimeError, TypeError, ValueError, struct.error)


def check_archive(path: Path) -> None:
    """Raise unless ``path`` is a ``.keras`` file that can do no more than describe a model made of Keras's own layers.

    Raises:
        RunError: not a ``.keras`` file, damaged, or holding anything beyond ``allowlist``.
    """
    kind = _kind(path)
    if kind:
        raise RunError(f"A model must be a .keras file. Received: {path}, {kind}.")
    try:
        with open_regular(path) as file, ZipFile(file) as archive:
            fault = next(_faults(file, archive), None)
    except DAMAGE as error:
        reason = " ".join(str(error).split())[:200]
        raise RunError(f"A model file must be whole. Received: {path}, which is damaged ({reason}). Make it again.") from error
    if fault:
        raise RunError(
            "A model file must hold only Keras's own layers and their weights. "
            f"Received: {path} with {fault[:300]}. Use a model that tltool saved."
        )


def read_config(path: Path) -> dict[str, Any]:
    """What a checked file says of its model."""
    with ZipFile(path) as archive:
        config: dict[str, Any] = _config(archive)
    return config


def _kind(path: Path) -> str:
    """What ``path`` is instead of a ``.keras`` file, by its first bytes; empty for one."""
    if os.path.isdir(path):
        return "a SavedModel folder; give it as --backbone hub:FOLDER" if os.path.isfile(path / "saved_model.pb") else "a folder"
    if not os.path.lexists(path):
        return "which does not exist"
    try:
        with open_regular(path) as file:
            start = file.read(8)
    except OSError as error:
        return f"which cannot be read: {error.strerror}"
    if not start:
        return "an empty file"
    if start == b"\x89HDF\r\n\x1a\n":
        return "an HDF5 file, which can hide Python code; save the model again as .keras"
    if start[:1] == b"\x80" and start[1:2] <= b"\x05":
        return "a Python pickle, which runs code when it is loaded"
    if start[:4] != b"PK\x03\x04":
        return "a file of another kind"
    return "" if path.suffix == ".keras" else "a zip archive of another name"


def _faults(file: BinaryIO, archive: ZipFile) -> Iterator[str]:
    """What in the archive Keras must not see, in words; each step relies on the ones before having found nothing."""
    yield from _member_faults(archive.infolist())
    config = _config(archive)
    yield from config_faults(config)
    has_assets = len(archive.namelist()) > len(MEMBERS)
    if has_assets != holds_hub(config):
        yield "assets but no hub layer" if has_assets else "a hub layer without its files"
    yield from weight_faults(_part(file, archive.getinfo(WEIGHTS)))
    damaged = archive.testzip()
    if damaged:
        raise BadZipFile(f"wrong checksum of {damaged}")


def _member_faults(members: list[ZipInfo]) -> Iterator[str]:
    """Exactly Keras's three files, stored uncompressed as Keras stores them, and perhaps assets."""
    names = [member.filename for member in members]
    for member in members:
        if member.filename not in MEMBERS and not ASSET.fullmatch(member.filename):
            yield f"the member {member.filename!r}"
        if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
            yield f"{member.filename!r}, which is a link"
        # Nothing expands: what is stored byte for byte cannot be a zip bomb.
        if member.compress_type != ZIP_STORED or member.file_size != member.compress_size or member.flag_bits & 1:
            yield f"{member.filename!r} compressed or encrypted"
        if member.filename in (CONFIG, METADATA) and member.file_size > LARGEST_JSON:
            yield f"{member.file_size} bytes of {member.filename}, more than {LARGEST_JSON}"
    for name in MEMBERS:
        if names.count(name) != 1:
            yield f"{names.count(name)} members {name!r}"
    if len(names) != len({name.casefold() for name in names}) or len(names) > len(MEMBERS) + MOST_ASSETS:
        yield "doubled members or too many"
    size = sum(member.file_size for member in members)
    if size > LARGEST_FILE:
        yield f"{size} bytes of data, more than {LARGEST_FILE}"


def _config(archive: ZipFile) -> Any:
    return parse_json(archive.read(CONFIG))  # by json, as Keras reads it, so that both see the same; models within models take four levels


def _part(file: BinaryIO, member: ZipInfo) -> Part:
    file.seek(member.header_offset)
    name, extra = struct.unpack("<HH", file.read(30)[26:30])  # lengths of the two fields between header and data
    return Part(file, member.header_offset + 30 + name + extra, member.file_size)
