"""Rows by content: shared, verified, whole or absent."""

import errno
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tltool.atomic import hold
from tltool.data.cache import rows
from tltool.data.cache.rows import Made, RowForm, Stored, find_rows, is_whole, known_rows, open_rows, write_rows
from tltool.data.cache.storage import find_entries

LAYOUT = RowForm("features", (4,), "float32", ("some backbone", 96), {"backbone": "some"})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TLTOOL_CACHE_GB", raising=False)
    return tmp_path / "cache" / "features"


def row(sha256: str) -> np.ndarray:
    return np.full(4, ord(sha256), np.float32)


def write(hashes: str, layout: RowForm = LAYOUT) -> Stored:
    return write_rows(layout, len(hashes), [Made(sha256, row(sha256)) for sha256 in hashes])


def says(stored: Stored | None, hashes: str) -> bool:
    return stored is not None and all((stored.array[stored.rows[sha256]] == row(sha256)).all() for sha256 in hashes)


def test_what_was_written_is_found_in_any_order(folder: Path) -> None:
    assert says(write("dcab"), "abcd") and says(find_rows(LAYOUT, "abcd"), "abcd") and says(find_rows(LAYOUT, "badc"), "abcd")
    assert len(list(folder.iterdir())) == 1 and find_rows(LAYOUT, "abcde") is None and find_rows(LAYOUT, "x") is None


def test_a_part_of_an_entry_is_served_by_it() -> None:
    write("abcd")
    assert says(find_rows(LAYOUT, "bd"), "bd")


@pytest.mark.parametrize(
    "other",
    [
        RowForm("features", (4,), "float32", ("other backbone", 96)),
        RowForm("features", (4,), "float64", LAYOUT.recipe),
        RowForm("features", (2, 2), "float32", LAYOUT.recipe),
        RowForm("pixels", (4,), "float32", LAYOUT.recipe),
    ],
)
def test_another_recipe_kind_shape_or_dtype_is_another_entry(other: RowForm) -> None:
    write("abcd")
    assert find_rows(other, "abcd") is None and known_rows(other, "ab") == {}


def test_what_other_entries_know_need_not_be_made_again() -> None:
    write("abc")
    write("de")
    known = known_rows(LAYOUT, "bdx")
    assert set(known) == {"b", "d"} and (known["d"] == row("d")).all()


def test_faults_are_kept_with_the_entry_unless_they_pass() -> None:
    made = [Made("a", row("a")), Made("b", None, "is damaged"), Made("c", None, "cannot be opened", lasting=False)]
    assert write_rows(LAYOUT, 3, made).faults == {"b": "is damaged", "c": "cannot be opened"}
    found = find_rows(LAYOUT, "ab")
    assert found is not None and found.faults == {"b": "is damaged"} and find_rows(LAYOUT, "abc") is None


def test_an_entry_of_faults_alone_is_found_too() -> None:
    write_rows(LAYOUT, 1, [Made("b", None, "is damaged")])
    found = find_rows(LAYOUT, "b")
    assert found is not None and found.array.shape == (0, 4)


def test_only_the_rows_asked_for_are_verified(folder: Path) -> None:
    write("abcd")
    flip(folder, place=3 * 16)
    assert find_rows(LAYOUT, "abcd") is None and says(find_rows(LAYOUT, "abc"), "abc")
    assert set(known_rows(LAYOUT, "abx")) == {"a", "b"} and known_rows(LAYOUT, "adx") == {}


def flip(folder: Path, place: int) -> None:
    with open(next(folder.iterdir()) / "features.bin", "r+b") as file:
        file.seek(place)
        byte = file.read(1)[0] ^ 1
        file.seek(place)
        file.write(bytes([byte]))


def test_every_flipped_bit_is_seen(folder: Path) -> None:
    stored = write("ab")
    for place in range(32):
        flip(folder, place)
        assert not is_whole(stored, "ab") and find_rows(LAYOUT, "ab") is None
        flip(folder, place)
    assert says(find_rows(LAYOUT, "ab"), "ab")


def test_rows_are_mapped_and_in_use_until_the_last_of_them_is_let_go() -> None:
    stored = write("ab")
    assert isinstance(stored.array.base, np.memmap) and [entry.state for entry in find_entries()] == ["in use"]
    one = stored.array[0]
    del stored
    assert [entry.state for entry in find_entries()] == ["in use"]
    del one
    assert [entry.state for entry in find_entries()] == ["idle"]


def test_rows_stay_readable_when_their_entry_is_removed() -> None:
    from tltool.data.cache.storage import remove

    stored = write("ab")
    assert remove(LAYOUT.place("ab")) and says(stored, "ab") and find_rows(LAYOUT, "ab") is None


def test_whoever_looks_whether_an_entry_is_in_use_does_not_make_it_unreadable(folder: Path) -> None:
    write("ab")
    with open(LAYOUT.place("ab") / "features.bin", "rb") as file:
        assert hold(file, alone=True)
        threading.Timer(0.1, file.close).start()
        assert says(find_rows(LAYOUT, "ab"), "ab")


def test_an_interrupted_write_leaves_nothing(folder: Path) -> None:
    def made() -> Iterator[Made]:
        yield Made("a", row("a"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_rows(LAYOUT, 2, made())
    assert list(folder.iterdir()) == []


def test_a_killed_write_leaves_what_the_next_one_finds_and_sweeps(folder: Path) -> None:
    code = (
        "import sys, time, numpy as np; from tltool.data.cache.rows import RowForm, Made, write_rows\n"
        "def made():\n    yield Made('a', np.zeros(4, 'f4')); print('half', flush=True); time.sleep(60)\n"
        f"write_rows(RowForm('features', (4,), 'float32', {LAYOUT.recipe!r}), 2, made())"
    )
    writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert writer.stdout is not None and writer.stdout.readline() == b"half\n"
    for path in folder.glob(".building-*"):
        for file in (*path.iterdir(), path):
            os.utime(file, (0, 0))
    assert [entry.state for entry in find_entries()] == ["being built"], "however slow, as long as it lives"
    assert says(write("ab"), "ab") and len(list(folder.glob(".building-*"))) == 1
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    assert find_rows(LAYOUT, "abc") is None and "left over" in [entry.state for entry in find_entries()]
    write("cd")
    assert len(list(folder.iterdir())) == 2 and not list(folder.glob(".building-*"))


def test_two_may_write_at_once(folder: Path) -> None:
    start, done = threading.Barrier(4), []

    def build() -> None:
        start.wait()
        done.append(write("abcdefgh"))

    builders = [threading.Thread(target=build) for _ in range(4)]
    [builder.start() for builder in builders], [builder.join() for builder in builders]
    assert len(done) == 4 and all(says(stored, "abcdefgh") for stored in done) and len(list(folder.iterdir())) == 1


def test_what_reads_back_differently_is_an_error_and_no_entry_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "is_whole", lambda stored, hashes: False)
    with pytest.raises(OSError, match="reads back differently") as error:
        write("ab")
    assert error.value.errno == errno.EIO


def test_a_foreign_file_in_a_damaged_entry_survives(folder: Path) -> None:
    write("ab")
    entry = next(folder.iterdir())
    (entry / "notes.txt").write_text("mine")
    (entry / "about.json").write_text("{")
    with pytest.raises(OSError):
        write("ab")
    assert (entry / "notes.txt").read_text() == "mine"


def test_entries_that_say_nonsense_are_passed_over(folder: Path) -> None:
    write("ab")
    about = next(folder.iterdir()) / "about.json"
    for text in (
        "",
        "[]",
        "null",
        "3",
        '{"hashes": 3}',
        '{"hashes": [1, 2], "checks": [0, 0], "faults": {}}',
        '{"hashes": ["a", "b"], "checks": 7, "faults": {}}',
        '{"hashes": ["a", "b"], "checks": [0], "faults": {}}',
    ):
        about.write_text(text)
        assert find_rows(LAYOUT, "ab") is None and open_rows(LAYOUT, about.parent) is None and known_rows(LAYOUT, "abx") == {}


@pytest.mark.parametrize(
    "change",
    [
        lambda about: about["hashes"].reverse(),
        lambda about: about.update(hashes=["a", "a"]),
        lambda about: about.update(version=1),
        lambda about: about.pop("version"),
        lambda about: about.pop("recipe"),
        lambda about: about.update(recipe="0" * 64),
        lambda about: about.update(faults={"c": 5}),
        lambda about: about.update(checks=["0", "0"]),
        lambda about: about.update(facts=[]),
    ],
)
def test_no_row_is_taken_for_another_content_s_and_no_other_form_is_read(folder: Path, change: Callable[[Any], None]) -> None:
    write("ab")
    place = next(folder.iterdir()) / "about.json"
    about = json.loads(place.read_text())
    change(about)
    place.write_text(json.dumps(about))
    assert find_rows(LAYOUT, "ab") is None and known_rows(LAYOUT, "abx") == {}
    assert says(write("ab"), "ab"), "it is made anew"
