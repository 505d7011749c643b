"""An HDF5 weights file, looked through before Keras reads it: groups and plain arrays whose bytes are all there.

No links, no data in other files, no filters, nothing that expands. Only headers are read, never an array.
"""

import io
import os
from collections.abc import Iterator
from typing import Any, BinaryIO

import h5py

PLAIN = (h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS)  # layouts; the others are chunked, which allows filters, and virtual


class Part(io.RawIOBase):
    """The bytes ``start … start + size`` of a file as a file of their own, in which HDF5 can seek without reading it all."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self.file, self.start, self.size, self.place = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self.place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self.place, os.SEEK_END: self.size}[whence]
        return self.place

    def readinto(self, buffer: Any) -> int:
        self.file.seek(self.start + self.place)
        data = self.file.read(max(0, min(len(buffer), self.size - self.place)))
        buffer[: len(data)] = data
        self.place += len(data)
        return len(data)


def weight_faults(file: Part) -> Iterator[str]:
    """What in the HDF5 ``file`` Keras must not read, in words.

    Raises:
        OSError, RuntimeError, KeyError, TypeError, ValueError: no HDF5 file, or a damaged one.
    """
    claimed = 0
    with h5py.File(file, "r") as weights:
        pending, visited = [weights["/"]], set()
        while pending:
            group = pending.pop()
            address = h5py.h5o.get_info(group.id).addr
            if address in visited:
                yield f"weights that hold the group {group.name!r} twice"
            visited.add(address)
            for name in group:
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    yield f"weights that link elsewhere ({name!r})"
                found = group[name]  # reached only when it is no link
                if isinstance(found, h5py.Group):
                    pending.append(found)
                else:
                    yield from _array_faults(found)
                    claimed += found.nbytes
    if claimed > file.size:
        yield "weights that claim more numbers than they store"


def _array_faults(found: Any) -> Iterator[str]:
    if not isinstance(found, h5py.Dataset) or found.shape is None or found.dtype.kind not in "biufV" or found.dtype.fields:
        yield f"weights that are no numbers ({found.name!r})"
    elif found.external or found.id.get_create_plist().get_layout() not in PLAIN:
        yield f"weights kept in other files or compressed ({found.name!r})"
