"""What an entry of the cache says of itself, and what shows that its rows are those that were written. Needs no NumPy."""

import zlib
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, NonNegativeInt, PositiveInt, StringConstraints, model_validator

from tltool.data.cache.storage import LONGEST_JSON, VERSION
from tltool.reading import read_json

Content = Annotated[str, StringConstraints(pattern=r"^[!-~]+$")]  # a hash as it was written; of another sign no check can be made


class About(BaseModel, strict=True):
    """What ``about.json`` says: ``hashes`` and ``checks`` of the rows in their order, the contents that have none and why (``faults``),
    and the digest of the ``recipe``."""

    version: Annotated[int, Field(ge=VERSION, le=VERSION)]
    hashes: list[Content]
    checks: list[NonNegativeInt]
    faults: dict[Content, str]
    row_bytes: PositiveInt
    recipe: str
    facts: dict[str, Any]

    @model_validator(mode="after")
    def _has_a_check_for_each_row(self) -> Self:
        if len(self.checks) != len(self.hashes):
            raise ValueError("another number of checks than of rows")
        return self


def read_about(place: Path) -> About | None:
    """What the entry at ``place`` says of itself; None where it says nothing, something else, or is of an earlier tltool."""
    try:
        return About.model_validate(read_json(place / "about.json", LONGEST_JSON))
    except (OSError, ValueError):
        return None


def check_of(sha256: str, row: bytes | memoryview) -> int:
    """The checksum of a row that belongs to the content ``sha256``: CRC-32 of both."""
    return zlib.crc32(row, zlib.crc32(sha256.encode()))
