"""Rows that the cache keeps, or memory where there is no room."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tltool.data.cache.fallback import arrange, keep_rows
from tltool.data.cache.rows import Made, RowForm, Stored

LAYOUT = RowForm("features", (4,), "float32", ("some backbone", 96))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TLTOOL_CACHE_GB", raising=False)
    return tmp_path / "cache" / "features"


def row(sha256: str) -> np.ndarray:
    return np.full(4, ord(sha256), np.float32)


def made() -> Iterator[Made]:
    yield Made("c", row("c"))
    yield Made("x", None, "is damaged")
    yield Made("a", row("a"))


def never(reason: str) -> None:
    pytest.fail(reason)


def test_what_the_cache_keeps_and_what_memory_holds_are_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, reasons = keep_rows(LAYOUT, 3, made, never), []
    assert len(list(folder.iterdir())) == 1
    monkeypatch.setenv("TLTOOL_CACHE_GB", "0")
    held = keep_rows(LAYOUT, 3, made, reasons.append)
    assert len(reasons) == 1 and "TLTOOL_CACHE_GB" in reasons[0]
    assert held.rows == kept.rows == {"c": 0, "a": 1} and held.faults == kept.faults == {"x": "is damaged"}
    assert held.array.dtype == np.float32 and np.array_equal(held.array, kept.array)


def test_who_refuses_to_hold_them_has_nothing_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLTOOL_CACHE_GB", "0")
    begun: list[int] = []

    def counted() -> Iterator[Made]:
        begun.append(1)
        return made()

    def refused(reason: str) -> None:
        raise ValueError(reason)

    with pytest.raises(ValueError, match="TLTOOL_CACHE_GB"):
        keep_rows(LAYOUT, 3, counted, refused)
    assert len(begun) == 1


@pytest.mark.parametrize("fault", [[], [Made("x", None, "is damaged")]])
def test_nothing_to_hold_is_held_too(fault: list[Made], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLTOOL_CACHE_GB", "0")
    assert keep_rows(LAYOUT, len(fault), lambda: fault, lambda reason: None).array.shape == (0, 4)


@pytest.mark.parametrize(("asked", "copied"), [("ca", False), ("ac", True), ("a", True), ("cca", True)])
def test_rows_come_in_the_order_asked_for_and_are_copied_only_to_be_moved(asked: str, copied: bool) -> None:
    stored = Stored({"c": 0, "a": 1}, {}, np.stack([row("c"), row("a")]), [])
    found = arrange(stored, asked)
    assert np.array_equal(found, np.stack([row(sha256) for sha256 in asked])) and np.shares_memory(found, stored.array) == (not copied)
