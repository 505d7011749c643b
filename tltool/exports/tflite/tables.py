"""Tables of a flatbuffer, written slot by slot in the schema's order of fields."""

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np

Slots = dict[int, tuple[str, Any]]  # position in the table → (kind, value); kind is a builder method, or "ref" for an offset


def table(builder: flatbuffers.Builder, slots: int, fields: Slots) -> int:
    """A table of a schema type with ``slots`` fields; children are built before it, and a default never equals a value."""
    builder.StartObject(slots)
    for slot, (kind, value) in fields.items():
        if kind == "ref":
            builder.PrependUOffsetTRelativeSlot(slot, value, 0)
        else:
            getattr(builder, f"Prepend{kind}Slot")(slot, value, 0)
    return builder.EndObject()


def vector(builder: flatbuffers.Builder, offsets: Sequence[int]) -> int:
    """A vector of tables."""
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()


def floats(builder: flatbuffers.Builder, *values: float) -> int:
    """A vector of float32."""
    return builder.CreateNumpyVector(np.array(values, np.float32))


def whole_numbers(builder: flatbuffers.Builder, *values: int) -> int:
    """A vector of uint32."""
    return builder.CreateNumpyVector(np.array(values, np.uint32))


def content_of(builder: flatbuffers.Builder, content: bytes) -> int:
    """A vector of bytes that are a flatbuffer themselves, and so begin at a multiple of 16."""
    builder.StartVector(1, len(content), 16)
    builder.head -= len(content)
    builder.Bytes[builder.head : builder.head + len(content)] = content
    return builder.EndVector()
