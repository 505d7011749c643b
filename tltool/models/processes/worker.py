"""The worker: one living process for what leaks, crashes or takes memory that is wanted back, such as TensorFlow's converter.

A task is a function by its address, ``"package.module:name"``. Arrays and bytes reach it and come back as files, arrays mapped into memory,
so that nothing large goes through a pipe. The start of the process is paid once for all tasks within ``working``.
"""

import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from tltool import errors
from tltool.lookup import locate
from tltool.models.processes.child import ALONE, Child, Ended, serving


class Lost(Exception):
    """A task that came to no end for a reason that is not its own; the message says what became of the worker, its memory or its files."""


@contextmanager
def working() -> Iterator[None]:
    """Keep the worker, from the first task on, to the end of the outermost of these blocks, whatever ends it."""
    with _worker.turn:
        _worker.claims += 1
    try:
        yield
    finally:
        with _worker.turn:
            _worker.claims -= 1
            if not _worker.claims:
                _worker.end()


def call(task: str, *given: Any) -> Any:
    """What the function at the address ``task`` gives for ``given``, computed in the worker; in one of its own outside ``working``.

    Args:
        given: arrays, bytes, paths, and what JSON holds; the task gets arrays that it cannot write to.

    Raises:
        TltoolError: as the task did.
        Lost: the worker died of it, or there was no memory or no room for it. The next task gets a new worker.
        RuntimeError: whatever else the task raised, as its traceback.
    """
    with working():
        try:
            with TemporaryDirectory(prefix="tltool-") as folder:
                parcels = [_pack(value, Path(folder, f"given-{i}")) for i, value in enumerate(given)]
                said = _worker.do({"task": task, "given": parcels, "result": f"{folder}/result"})
                result = _unpack(said["done"]) if "done" in said else None
        except Ended as reason:
            raise Lost(f"its process ended with {reason}") from None
        except OSError as error:
            raise Lost(error.strerror or str(error)) from None
    if "error" in said:
        raise getattr(errors, said["kind"])(said["error"])
    if "lost" in said:
        raise Lost(said["lost"])
    if "bug" in said:
        raise RuntimeError(said["bug"])
    return result


class _Worker:
    """The process, if it lives, and how many want it to go on; the tasks of several threads take turns."""

    def __init__(self) -> None:
        self.turn = threading.RLock()
        self.child: Child | None = None
        self.claims = 0

    def do(self, request: dict[str, Any]) -> dict[str, Any]:
        with self.turn:
            try:
                self.child = self.child or Child(__name__, **ALONE)
                said = self.child.ask(request)
            except BaseException:  # it is dead, or its answer would be taken for that to the next request
                self.end()
                raise
            if "lost" in said:
                self.end()
            return said

    def end(self) -> None:
        child, self.child = self.child, None
        if child:
            child.close()


_worker = _Worker()


# In the worker


def answer_to(request: dict[str, Any]) -> dict[str, Any]:
    """The task of ``request``, done: its result, or what went wrong with it."""
    try:
        result = locate(request["task"])(*map(_unpack, request["given"]))
        return {"done": _pack(result, Path(request["result"]))}
    except errors.TltoolError as error:
        return {"error": str(error), "kind": type(error).__name__}
    except MemoryError:
        return {"lost": "too little memory"}
    except (OSError, ImportError) as error:  # the latter where a library does not fit into memory
        return {"lost": getattr(error, "strerror", None) or str(error).partition("\n")[0].rstrip(".")}
    except Exception:
        return {"bug": traceback.format_exc()}


def _pack(value: Any, file: Path) -> Any:
    """``value`` as JSON holds it; what it does not hold as ``file``."""
    if isinstance(value, np.ndarray):
        with file.open("wb") as written:
            np.save(written, value)
        return {"array": str(file)}
    if isinstance(value, bytes):
        file.write_bytes(value)
        return {"bytes": str(file)}
    return {"path": str(value)} if isinstance(value, Path) else {"plain": value}


def _unpack(parcel: dict[str, Any]) -> Any:
    ((kind, value),) = parcel.items()
    return UNPACKED[kind](value)


UNPACKED = {
    "array": lambda file: np.load(file, mmap_mode="r"),  # the file may be gone before the array is
    "bytes": lambda file: Path(file).read_bytes(),
    "path": Path,
    "plain": lambda value: value,
}


if __name__ == "__main__":
    with serving() as (requests, answer):
        for request in requests:
            answer(answer_to(request))
