"""Weights as PyTorch wrote them before it took to zip archives, read with NumPy. Nothing of PyTorch is needed, and nothing in a file runs.

Five pickles stand one after another: a magic number, the version, facts about the machine, the tensors by name (each a view of a storage,
with strides), and the keys of the storages in order. Then come the storages: how many numbers (int64), and these.
"""

import io
import pickle
from collections.abc import Mapping
from math import prod
from typing import Any, ClassVar, NamedTuple

import numpy as np

MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001
MOST_AXES = 8


class Storage(NamedTuple):
    """``length`` numbers of ``dtype``, called ``key``."""

    key: str
    dtype: str
    length: int


class View(NamedTuple):
    """A tensor of ``shape``: numbers of ``storage`` from ``offset`` on, ``strides`` apart, all counted in numbers."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_tensors(content: bytes) -> dict[str, np.ndarray]:
    """The tensors of the file that holds ``content``, by name: float32 or int64, read-only views.

    Raises:
        ValueError: it is no such file, asks for more than tensors, or is not whole. The message is the end of a sentence about it.
    """
    file = io.BytesIO(content)
    magic, version, facts, views, keys = (_unpickle(file) for _ in range(5))
    if (magic, version) != (MAGIC, VERSION) or not isinstance(facts, _Names) or facts.get("little_endian") is not True:
        raise ValueError("does not begin as PyTorch's files do")
    if not isinstance(views, _Names) or not all(isinstance(view, View) for view in views.values()):
        raise ValueError("holds something else than tensors")
    storages = {view.storage.key: view.storage for view in views.values()}
    if any(storages[view.storage.key] != view.storage for view in views.values()):
        raise ValueError("says two things of one storage")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys) or sorted(keys) != sorted(storages):
        raise ValueError("lists other storages than its tensors need")
    numbers = {key: _read_numbers(file, storages[key]) for key in keys}
    if file.read(1):
        raise ValueError("goes on behind its last number")
    return {name: _strided(view, numbers[view.storage.key]) for name, view in views.items()}


class _Names(dict[str, Any]):
    """What a pickle may fill: keys are text, since anything else can take for ever to hash, and notes about it are dropped."""

    def __setitem__(self, name: object, value: object) -> None:
        if not isinstance(name, str):
            raise TypeError("a key that is no text")
        super().__setitem__(name, value)

    def __setstate__(self, state: object) -> None: ...


class _MakeNames:
    """Stands for ``collections.OrderedDict``."""

    __slots__ = ()

    def __call__(self) -> _Names:
        return _Names()


class _MakeView:
    """Stands for ``torch._utils._rebuild_tensor_v2``."""

    __slots__ = ()

    def __call__(self, storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> View:
        whole = isinstance(storage, Storage) and isinstance(shape, tuple) and isinstance(strides, tuple)
        if not whole or not all(isinstance(number, int) for number in (offset, *shape, *strides)):
            raise TypeError("a tensor of something else than numbers")
        return View(storage, offset, shape, strides)


ADMITTED: Mapping[tuple[str, str], Any] = {  # all that a file may ask for; nothing in the pickle can change these
    ("collections", "OrderedDict"): _MakeNames(),
    ("torch._utils", "_rebuild_tensor_v2"): _MakeView(),
    ("torch", "FloatStorage"): "<f4",
    ("torch", "LongStorage"): "<i8",
}
WORDS = (  # of the language of pickles, those that such files are written in
    pickle.PROTO + pickle.STOP + pickle.MARK + pickle.NONE + pickle.NEWTRUE + pickle.NEWFALSE + pickle.LONG1
    + pickle.BININT + pickle.BININT1 + pickle.BININT2 + pickle.BINUNICODE + pickle.BINPUT + pickle.LONG_BINPUT
    + pickle.BINGET + pickle.LONG_BINGET + pickle.EMPTY_DICT + pickle.SETITEM + pickle.SETITEMS + pickle.EMPTY_LIST
    + pickle.APPEND + pickle.APPENDS + pickle.EMPTY_TUPLE + pickle.TUPLE + pickle.TUPLE1 + pickle.TUPLE2
    + pickle.TUPLE3 + pickle.GLOBAL + pickle.REDUCE + pickle.BUILD + pickle.BINPERSID
)  # fmt: skip


class _Unpickler(pickle._Unpickler):  # the one written in Python, whose words can be chosen, and whose memo does not grow with an index
    dispatch: ClassVar[dict[int, Any]] = {
        **{word: load for word, load in pickle._Unpickler.dispatch.items() if word in WORDS},
        pickle.EMPTY_DICT[0]: lambda self: self.append(_Names()),
    }

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ADMITTED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return ADMITTED[module, name]

    def persistent_load(self, pid: Any) -> Storage:
        match pid:
            case ("storage", "<f4" | "<i8" as dtype, str(key), "cpu", int(length), None) if length >= 0:
                return Storage(key, dtype, length)
        raise pickle.UnpicklingError("it asks for something that lies elsewhere")


def _unpickle(file: io.BytesIO) -> Any:
    try:
        return _Unpickler(file).load()
    except pickle.UnpicklingError as error:
        raise ValueError(f"holds more than tensors: {error}") from None
    except Exception as error:  # whatever a damaged pickle comes to
        raise ValueError(f"holds no pickle that could be read ({type(error).__name__})") from None


def _read_numbers(file: io.BytesIO, storage: Storage) -> np.ndarray:
    length, dtype = int.from_bytes(file.read(8), "little", signed=True), np.dtype(storage.dtype)
    if length != storage.length:
        raise ValueError("has a storage of another length than its tensors say")
    content = file.read(length * dtype.itemsize)
    if len(content) != length * dtype.itemsize:
        raise ValueError("was cut off")
    return np.frombuffer(content, dtype)


def _strided(view: View, numbers: np.ndarray) -> np.ndarray:
    """The tensor of ``view``, which must lie within ``numbers`` and name no more than there are."""
    bounds = len(view.shape) == len(view.strides) <= MOST_AXES and min((view.offset, *view.strides), default=0) >= 0
    if not bounds or min(view.shape, default=1) < 1 or prod(view.shape) > len(numbers):
        raise ValueError("has a tensor of an impossible shape")
    if view.offset + sum((side - 1) * stride for side, stride in zip(view.shape, view.strides)) >= len(numbers):
        raise ValueError("has a tensor that reaches beyond its storage")
    return np.lib.stride_tricks.as_strided(
        numbers[view.offset :], view.shape, [stride * numbers.itemsize for stride in view.strides], writeable=False
    )
