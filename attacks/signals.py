"""Arrays in NumPy files that hold code, lie about their size, or are damaged."""

import io
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from attacks.arena import Case, Victim
from attacks.mutations import mutate

COUNT = 1000
LABELS = np.array(list("aaabbb"))
SIGNALS = np.linspace(0, 1, 96).reshape(6, 16)


def attack(ground: Path, scale: float, seed: int) -> Iterator[Case]:
    chance, file, whole = random.Random(seed), ground / "signals.npz", archive(member(SIGNALS), member(LABELS))
    with Victim(ground) as victim:
        for name, make in HOSTILE.items():
            file.write_bytes(make(ground))
            yield Case("made", name, victim.call("attacks.signals:read", str(file)))
        for number in range(int(COUNT * scale)):
            how, damaged = mutate(chance, whole)
            file.write_bytes(damaged)
            yield Case("damaged", f"{number} {how}", victim.call("attacks.signals:read", str(file)))


def read(file: str) -> str:
    from tltool.data.reading.signals import read_signals

    return str(len(read_signals(file)))


def archive(x: bytes, y: bytes, packed: int = zipfile.ZIP_DEFLATED, **more: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packed) as made:
        for name, content in {"x": x, "y": y, **more}.items():
            made.writestr(f"{name}.npy", content)
    return file.getvalue()


def member(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def header(shape: str, kind: str = "<f4", data: bytes = b"") -> bytes:
    """A member that claims a shape, with ``data`` behind it."""
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (63 - (len(text) + 10) % 64) + b"\n"
    return b"\x93NUMPY\x01\0" + len(text).to_bytes(2, "little") + text + data


class Canary:
    """Unpickled, it writes a file."""

    def __init__(self, ground: Path) -> None:
        self.path = ground / "CANARY"

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return Path.touch, (self.path,)


def claiming(shape: str, kind: str = "<f4", data: bytes = b"x") -> Callable[[Path], bytes]:
    return lambda ground: archive(header(shape, kind, data), member(LABELS))


HOSTILE: dict[str, Callable[[Path], bytes]] = {
    "code in x": lambda ground: archive(member(np.array([Canary(ground)] * 6, object)), member(LABELS)),
    "code in y": lambda ground: archive(member(SIGNALS), member(np.array([Canary(ground)] * 6, object))),
    "code in another member": lambda ground: archive(member(SIGNALS), member(LABELS), z=member(np.array([Canary(ground)], object))),
    "code in the shape": claiming("__import__('os').mkdir('CANARY')"),
    "claims 10^12 rows": claiming("(1000000000000, 2)"),
    "claims 20 GB": claiming("(6, 900000000)"),
    "claims a negative size": claiming("(-6, 2)"),
    "claims more than 64 bits": claiming("(4294967296, 4294967296)"),
    "no rows": claiming("(0, 2)"),
    "no columns": claiming("(6, 0)"),
    "a thousand axes": claiming("(" + "1, " * 1000 + ")"),
    "an unknown type": claiming("(6, 2)", "|Z9"),
    "a type of 2 GB an element": claiming("(6,)", "|V2000000000"),
    "labels of 2 GB each": lambda ground: archive(member(SIGNALS), header("(6,)", "<U500000000")),
    "a header of brackets": lambda ground: archive(header("(" * 5000 + ")" * 5000), member(LABELS)),
    "zeros that inflate to 3 GB": lambda ground: archive(header("(6, 125000000)", data=bytes(300 << 20)), member(LABELS)),
    "an array without archive": lambda ground: member(SIGNALS),
    "a pickle without archive": lambda ground: b"\x80\x04cos\nsystem\n.",
    "nothing": lambda ground: b"",
    "escapes in labels": lambda ground: archive(member(SIGNALS), member(np.array(["\x1b]0;p\x07"] * 3 + ["\u202eb"] * 3))),
    "not numbers": lambda ground: archive(member(SIGNALS * np.nan), member(LABELS)),
    "complex numbers": lambda ground: archive(member(SIGNALS * 1j), member(LABELS)),
    "dates": lambda ground: archive(member(SIGNALS.astype("datetime64[s]")), member(LABELS)),
    "fields": lambda ground: archive(member(np.zeros(6, [("a", "f4"), ("b", "O")])), member(LABELS)),
}
