"""JSON of any length, in pieces: what comes is what the library reads at once, and memory stays that of a piece."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from tltool.data.annotations import stream
from tltool.data.annotations.stream import members

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def whole(path: Path) -> dict[str, Any]:
    """The object of a file, put together from its pieces."""
    found: dict[str, Any] = {}
    for key, value in members(str(path)):
        if value == [] and key not in found:
            found[key] = []
        elif isinstance(found.get(key), list):
            found[key].append(value)
        else:
            found[key] = value
    return found


@settings(deadline=None, max_examples=50)
@given(content=st.dictionaries(st.text(max_size=5), VALUES, max_size=5), indent=st.sampled_from([None, 2]), window=st.integers(1, 9))
def test_pieces_come_to_what_is_read_at_once(
    content: dict[str, Any], indent: int | None, window: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("json") / "x.json"
    file.write_text(json.dumps(content, indent=indent), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "WINDOW", window)
        assert whole(file) == content


def test_a_mark_of_byte_order_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('\ufeff {"a" : [ 1 , 2 ] } \n', encoding="utf-8")
    assert whole(tmp_path / "x.json") == {"a": [1, 2]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the end"),
        ("[]", "'['"),
        ("3", "'3'"),
        ('{"a": [1, 2', "the end"),
        ('{"a": [1 2]}', "'2'"),
        ('{"a": 1 "b": 2}', "'\"'"),
        ('{"a": }', "no JSON"),
        ('{"a": [,]}', "no JSON"),
        ('{"a": "x', "no JSON"),
        ('{"a": ' + "[" * 200_000, "too deeply"),
        ('{"a": ' + '{"a":' * 200_000, "too deeply"),
        ('{"a": ' + "1" * 5000 + "}", "no JSON"),
    ],
)
def test_what_is_no_json_object_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(ValueError, match="JSON") as refused:
        list(members(str(tmp_path / "x.json")))
    assert reason in str(refused.value)


def test_a_long_array_takes_the_memory_of_a_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "WINDOW", 1 << 12)
    (tmp_path / "x.json").write_text('{"a": [' + ",".join(['{"bbox": [1, 2, 3, 4], "id": 12345}'] * 20_000) + "]}")
    tracemalloc.start()
    assert sum(1 for _ in members(str(tmp_path / "x.json"))) == 20_001
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1 << 19


def test_an_element_is_read_up_to_a_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "WINDOW", 1 << 10)
    monkeypatch.setattr(stream, "LARGEST", 1 << 12)
    (tmp_path / "x.json").write_text('{"a": [{"b": "' + "x" * 9000 + '"}]}')
    with pytest.raises(ValueError, match="more than 4,096 characters"):
        list(members(str(tmp_path / "x.json")))
