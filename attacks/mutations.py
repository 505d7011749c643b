"""Ways to damage bytes: flipped bits, cut ends, copied and moved stretches, sizes that lie; and values that are wild in JSON."""

import random
import struct
from collections.abc import Callable

Mutation = Callable[[random.Random, bytearray], bytearray]
# Values that nobody expects in JSON
WILD = (None, -1, 10**400, 1.5, "x", "", [], {}, [[["a"]]], True, "\x1b]0;p\x07[bold]\u202e", "../../../../etc/passwd", "/dev/zero")


def mutate(chance: random.Random, whole: bytes) -> tuple[str, bytes]:
    """The name of a mutation drawn by chance, and ``whole``, of at least one byte, after it."""
    name, change = chance.choice(list(MUTATIONS.items()))
    return name, bytes(change(chance, bytearray(whole)))


def flip_bits(chance: random.Random, data: bytearray) -> bytearray:
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data


def scatter(chance: random.Random, data: bytearray) -> bytearray:
    for _ in range(chance.randint(5, len(data) // 20 + 6)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return data


def cut(chance: random.Random, data: bytearray) -> bytearray:
    return data[: chance.randrange(len(data))]


def spoil_header(chance: random.Random, data: bytearray) -> bytearray:
    for _ in range(chance.randint(1, 12)):
        data[chance.randrange(min(len(data), 120))] = chance.choice([0, 0x7F, 0x80, 0xFF, chance.randrange(256)])
    return data


def repeat(chance: random.Random, data: bytearray) -> bytearray:
    start, end = sorted((chance.randrange(len(data)), chance.randrange(len(data))))
    return data[:end] + data[start:end] + data[end:]


def exchange(chance: random.Random, data: bytearray) -> bytearray:
    size = chance.randint(1, max(1, len(data) // 4))
    one, other = (chance.randrange(len(data) - size + 1) for _ in range(2))
    data[one : one + size], data[other : other + size] = data[other : other + size], data[one : one + size]
    return data


def fill(chance: random.Random, data: bytearray) -> bytearray:
    start = chance.randrange(len(data))
    length = min(chance.randint(1, 64), len(data) - start)
    data[start : start + length] = chance.choice([b"\0", b"\xff"]) * length
    return data


def insert(chance: random.Random, data: bytearray) -> bytearray:
    start = chance.randrange(len(data))
    return data[:start] + chance.randbytes(chance.randint(1, 300)) + data[start:]


def lie_about_a_size(chance: random.Random, data: bytearray) -> bytearray:
    start = chance.randrange(max(1, min(len(data) - 4, 200)))
    value = chance.choice([0, 1, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF, chance.randrange(1 << 32)])
    data[start : start + 4] = struct.pack(chance.choice("<>") + "I", value)
    return data


MUTATIONS: dict[str, Mutation] = {
    change.__name__: change for change in (flip_bits, scatter, cut, spoil_header, repeat, exchange, fill, insert, lie_about_a_size)
}
