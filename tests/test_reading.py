"""Files that anybody may have written: regular, of a bounded length, of a bounded depth, or refused at once."""

import errno
import os
from pathlib import Path

import pytest

from tltool.reading import DEEPEST, open_regular, open_table, parse_json, read_bytes, read_json, read_text


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_a_pipe_is_refused_and_not_waited_for(pipe: Path) -> None:
    for read in (open_regular, open_table, read_bytes, read_text, read_json):
        with pytest.raises(OSError, match="is no regular file"):
            read(pipe)


@pytest.mark.parametrize("place", ["/dev/zero", "/dev/null", "/dev/full"])
def test_a_device_is_refused_whatever_the_link_to_it_is_called(tmp_path: Path, place: str) -> None:
    (tmp_path / "run.json").symlink_to(place)
    with pytest.raises(OSError, match="is no regular file"):
        read_json(tmp_path / "run.json")


@pytest.mark.parametrize("place", ["missing", "", "a" * 300, "a\0b"])
def test_what_cannot_be_there_is_an_error_of_the_system(tmp_path: Path, place: str) -> None:
    with pytest.raises(OSError):
        read_bytes(f"{tmp_path}/{place}")


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "note").write_bytes(bytes(100))
    assert len(read_bytes(tmp_path / "note", most=100)) == 100
    with pytest.raises(OSError, match="longer than the 99 bytes") as error:
        read_bytes(tmp_path / "note", most=99)
    assert error.value.errno == errno.EFBIG


def test_a_file_that_does_not_say_how_long_it_is_is_read_up_to_its_limit() -> None:
    with pytest.raises(OSError, match="longer than the 5 bytes"):
        read_bytes("/proc/self/status", most=5)


def test_bytes_that_are_no_text_survive_being_read_and_written(tmp_path: Path) -> None:
    (tmp_path / "note").write_bytes(b'"\xff"')
    assert read_json(tmp_path / "note").encode("utf-8", "surrogateescape") == b"\xff"
    with open_table(tmp_path / "note") as file:
        assert file.read().encode("utf-8", "surrogateescape") == b'"\xff"'


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 5000 + "1" + "}" * 5000,
        "[" * 100_000,
        "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1),
        "",
        "{",
        "9" * 5000,
        "\0",
    ],
)
def test_json_that_is_none_or_too_deep_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        parse_json(text)


def test_json_of_the_deepest_level_is_read() -> None:
    found = parse_json("[" * DEEPEST + "]" * DEEPEST)
    for _ in range(DEEPEST - 1):
        (found,) = found
    assert found == [] and parse_json('{"a": [1, {"b": null}]}') == {"a": [1, {"b": None}]}
