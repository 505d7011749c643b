"""PyTorch's old files give their tensors, and whatever else somebody makes of them is refused before anything of it runs."""

import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from tltool.models.packaged.torch_file import MAGIC, VERSION, read_tensors

FACTS = {"protocol_version": VERSION, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
NUMBERS = np.arange(24, dtype="<f4")


def pickled(value: object) -> bytes:
    """``value`` within a pickle: neither its beginning nor its end."""
    return pickle.dumps(value, 2)[2:-1]


def asked(module: str, name: str) -> bytes:
    return pickle.GLOBAL + f"{module}\n{name}\n".encode()


def called(function: bytes, *arguments: bytes) -> bytes:
    return function + pickle.MARK + b"".join(arguments) + pickle.TUPLE + pickle.REDUCE


def stored(key: str, length: object = 24, kind: str = "FloatStorage", tag: str = "storage", where: str = "cpu") -> bytes:
    """A storage that lies behind the pickles."""
    parts = (pickled(tag), asked("torch", kind), pickled(key), pickled(where), pickled(length), pickle.NONE)
    return pickle.MARK + b"".join(parts) + pickle.TUPLE + pickle.BINPERSID


def tensor(storage: bytes, shape: object = (4, 6), strides: object = (6, 1), offset: object = 0) -> bytes:
    hooks = called(asked("collections", "OrderedDict"))
    rebuild = asked("torch._utils", "_rebuild_tensor_v2")
    return called(rebuild, storage, pickled(offset), pickled(shape), pickled(strides), pickle.NEWFALSE, hooks)


def named(*pairs: tuple[bytes, bytes]) -> bytes:
    """An ordered dictionary with what PyTorch notes about it."""
    items = pickle.MARK + b"".join(key + value for key, value in pairs) + pickle.SETITEMS
    noted = pickled({"_metadata": {"": {"version": 1}}}) + pickle.BUILD
    return called(asked("collections", "OrderedDict")) + items + noted


def file_of(
    tensors: bytes, storages: object = (("0", NUMBERS),), facts: object = FACTS, keys: object = None, magic: int = MAGIC, end: bytes = b""
) -> bytes:
    keys = [key for key, _ in storages] if keys is None else keys  # type: ignore[attr-defined]
    parts = (magic, VERSION, facts, None, keys)
    whole = b"".join(pickle.PROTO + b"\x02" + (tensors if part is None else pickled(part)) + pickle.STOP for part in parts)
    return whole + b"".join(struct.pack("<q", len(numbers)) + numbers.tobytes() for _, numbers in storages) + end  # type: ignore[attr-defined]


def weight(value: bytes) -> bytes:
    return named((pickled("weight"), value))


def test_tensors_come_by_name_as_their_strides_lay_them() -> None:
    views = named(
        (pickled("rows"), tensor(stored("a"))),
        (pickled("columns"), tensor(stored("a"), (6, 4), (1, 6))),
        (pickled("part"), tensor(stored("a"), (2, 3), (12, 2), offset=1)),
        (pickled("seen"), tensor(stored("b", 1, "LongStorage"), (), ())),
    )
    found = read_tensors(file_of(views, (("b", np.array([7], "<i8")), ("a", NUMBERS))))
    assert list(found) == ["rows", "columns", "part", "seen"]
    np.testing.assert_array_equal(found["rows"], NUMBERS.reshape(4, 6))
    np.testing.assert_array_equal(found["columns"], NUMBERS.reshape(4, 6).T)
    np.testing.assert_array_equal(found["part"], [[1, 3, 5], [13, 15, 17]])
    assert found["seen"] == 7 and found["seen"].dtype == "int64" and found["rows"].dtype == "float32"
    assert not any(array.flags.writeable for array in found.values())


def bomb(levels: int = 60) -> bytes:
    """A tuple of two equal tuples of two equal tuples … which takes for ever to hash."""
    return pickle.EMPTY_TUPLE + b"".join(pickle.BINPUT + b"\x00" + pickle.BINGET + b"\x00" + pickle.TUPLE2 for _ in range(levels))


def touch(place: Path) -> bytes:
    return pickled(f"touch {place}")


HOSTILE = {
    "a command of the system": lambda place: weight(called(asked("os", "system"), touch(place))),
    "code to evaluate": lambda place: weight(called(asked("builtins", "eval"), pickled(f"open({str(place)!r}, 'w')"))),
    "another name of a module that is needed": lambda place: weight(called(asked("collections", "namedtuple"), touch(place), touch(place))),
    "another name of PyTorch": lambda place: weight(called(asked("torch._utils", "_rebuild_parameter"), touch(place))),
    "a name within a name": lambda place: weight(called(asked("collections", "OrderedDict.fromkeys"), touch(place))),
    "a name from the stack": lambda place: weight(called(pickled("os") + pickled("system") + pickle.STACK_GLOBAL, touch(place))),
    "an instance": lambda place: weight(pickle.MARK + touch(place) + pickle.INST + b"os\nsystem\n"),
    "an object": lambda place: weight(pickle.MARK + asked("collections", "OrderedDict") + pickle.OBJ),
    "a new object": lambda place: weight(asked("collections", "OrderedDict") + pickle.EMPTY_TUPLE + pickle.NEWOBJ),
    "an extension": lambda place: weight(pickle.EXT1 + b"\x01"),
    "bytes by the terabyte": lambda place: weight(pickle.BYTEARRAY8 + struct.pack("<Q", 1 << 40)),
    "a call of what was stored": lambda place: weight(called(asked("torch", "FloatStorage"), touch(place))),
    "a change of what may be asked for": lambda place: weight(
        asked("torch._utils", "_rebuild_tensor_v2") + pickle.NONE + pickled({"__call__": 1}) + pickle.TUPLE2 + pickle.BUILD
    ),
    "a key that takes for ever to hash": lambda place: pickle.EMPTY_DICT + bomb() + pickle.NONE + pickle.SETITEM,
    "a set that takes for ever to hash": lambda place: weight(pickle.EMPTY_SET + pickle.MARK + bomb() + pickle.ADDITEMS),
    "a name that takes for ever to hash": lambda place: named((bomb(), tensor(stored("0")))),
    "a module elsewhere": lambda place: weight(tensor(stored("0", tag="module"))),
    "a storage on a device": lambda place: weight(tensor(stored("0", where="cuda:0"))),
    "a storage without a length": lambda place: weight(tensor(stored("0", "24"))),
    "a storage of a negative length": lambda place: weight(tensor(stored("0", -1))),
    "a storage of more numbers than there are": lambda place: weight(tensor(stored("0", 1 << 60))),
    "a storage of two lengths": lambda place: named(
        (pickled("a"), tensor(stored("0"))), (pickled("b"), tensor(stored("0", 12), (3, 4), (4, 1)))
    ),
    "a storage that is not there": lambda place: weight(tensor(stored("1"))),
    "a view beyond its end": lambda place: weight(tensor(stored("0"), (4, 6), (7, 1))),
    "a view that begins beyond its end": lambda place: weight(tensor(stored("0"), (), (), offset=24)),
    "a view that begins before it": lambda place: weight(tensor(stored("0"), (2,), (1,), offset=-4)),
    "a view backwards": lambda place: weight(tensor(stored("0"), (4, 6), (-6, 1), offset=18)),
    "a view of one number, a trillion times": lambda place: weight(tensor(stored("0"), (1 << 40,), (0,))),
    "a view of no numbers": lambda place: weight(tensor(stored("0"), (0, 6), (6, 1))),
    "a view with too few strides": lambda place: weight(tensor(stored("0"), (4, 6), (1,))),
    "a view with words for strides": lambda place: weight(tensor(stored("0"), (4, 6), ("6", "1"))),
    "a tensor of no storage": lambda place: weight(tensor(pickled("0"))),
    "text for a tensor": lambda place: weight(pickled("0")),
    "a list for the names": lambda place: pickled([1, 2]),
    "an empty stack": lambda place: b"",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_and_nothing_of_it_runs(kind: str, tmp_path: Path) -> None:
    whole = read_tensors(file_of(weight(tensor(stored("0")))))
    assert whole["weight"].shape == (4, 6)
    with pytest.raises(ValueError, match=r"^(holds|says|lists|has|was) "):
        read_tensors(file_of(HOSTILE[kind](tmp_path / "ran")))
    assert not (tmp_path / "ran").exists()
    assert read_tensors(file_of(weight(tensor(stored("0"))))).keys() == {"weight"}  # the next file is read as before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"magic": MAGIC + 1}, "does not begin"),
        ({"facts": {**FACTS, "little_endian": False}}, "does not begin"),
        ({"facts": [1]}, "does not begin"),
        ({"keys": ["0", "0"]}, "lists other storages"),
        ({"keys": "0"}, "lists other storages"),
        ({"end": b"\0"}, "goes on behind its last number"),
    ],
)
def test_a_file_of_another_make_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_tensors(file_of(weight(tensor(stored("0"))), **change))  # type: ignore[arg-type]


def test_what_was_cut_off_anywhere_is_refused() -> None:
    whole = file_of(weight(tensor(stored("0"))))
    for length in range(len(whole)):
        with pytest.raises(ValueError, match=r"^(holds no pickle|holds more|was cut off|has a storage)"):
            read_tensors(whole[:length])


def test_the_archives_of_later_versions_are_refused() -> None:
    with pytest.raises(ValueError, match=r"holds no pickle|holds more"):
        read_tensors(b"PK\x03\x04" + bytes(100))


def test_an_index_of_billions_takes_no_memory() -> None:
    far = pickle.LONG_BINPUT + struct.pack("<I", (1 << 32) - 1)
    assert read_tensors(file_of(weight(tensor(stored("0"))) + far)).keys() == {"weight"}
