"""Where the cache lies, how large it may grow, and what goes when room is needed."""

import errno
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from tltool.atomic import hold
from tltool.data.cache import storage
from tltool.data.cache.storage import FRESH_SECONDS, SPARE_BYTES, budget, find_entries, location, make_room, remove, write_whole
from tltool.errors import SpecError

OLD = FRESH_SECONDS + 60
NAMES = [f"{i:032x}" for i in range(20)]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TLTOOL_CACHE_GB", raising=False)
    return tmp_path / "cache"


def plant(home: Path, name: str, size: int, age: float = OLD, kind: str = "pixels") -> Path:
    entry = home / kind / name
    entry.mkdir(parents=True)
    (entry / f"{kind}.bin").write_bytes(bytes(size))
    (entry / "about.json").write_text("")
    for path in (*entry.iterdir(), entry):
        os.utime(path, (time.time() - age,) * 2)
    return entry


def disk(monkeypatch: pytest.MonkeyPatch, free: float) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: namedtuple("Usage", "free")(int(free)))


def left(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "pixels").iterdir())


def test_it_lies_in_the_users_cache_folder_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLTOOL_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert "tltool" in str(location()) and (sys.platform != "linux" or location() == Path("/somewhere/tltool"))
    monkeypatch.setenv("TLTOOL_CACHE", "~/elsewhere")
    assert location() == Path.home() / "elsewhere"


def test_the_budget_is_20_gb_and_at_most_half_of_the_room_there_would_be_without_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    disk(monkeypatch, 500e9)
    assert budget(0) == 20e9
    disk(monkeypatch, 6e9)
    assert budget(0) == 3e9 and budget(held=2_000_000_000) == 4e9


@pytest.mark.parametrize(("text", "limit"), [("5", 5e9), (" 0.5 ", 5e8), ("0", 0), ("inf", float("inf"))])
def test_the_environment_sets_the_budget(monkeypatch: pytest.MonkeyPatch, text: str, limit: float) -> None:
    monkeypatch.setenv("TLTOOL_CACHE_GB", text)
    assert budget(0) == limit


@pytest.mark.parametrize("text", ["many", "-1", "nan", "5 GB", "1,5"])
def test_a_budget_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("TLTOOL_CACHE_GB", text)
    with pytest.raises(SpecError, match=r"TLTOOL_CACHE_GB must be a number of gigabytes from 0 up. Received:"):
        make_room(1, "pixels")


def test_where_there_is_room_nothing_goes(home: Path) -> None:
    plant(home, NAMES[0], 1000)
    make_room(1000, "pixels")
    assert left(home) == NAMES[:1]


def test_what_was_not_used_for_longest_goes_and_no_more_than_is_needed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, age in zip(NAMES[:4], (OLD + 10, OLD + 30, OLD + 20, OLD)):
        plant(home, name, 1000, age)
    storage.touch(home / "pixels" / NAMES[1])
    monkeypatch.setenv("TLTOOL_CACHE_GB", str(5000e-9))
    make_room(3000, "pixels")
    assert left(home) == [NAMES[1], NAMES[3]]


def test_room_on_the_disk_is_made_likewise(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(home, NAMES[0], 1000, OLD + 10)
    plant(home, NAMES[1], 1000)
    monkeypatch.setenv("TLTOOL_CACHE_GB", "1")
    disk(monkeypatch, SPARE_BYTES + 500)
    make_room(1000, "pixels")
    assert left(home) == [NAMES[1]]


def test_what_is_in_use_or_was_just_used_stays_and_nothing_goes_in_vain(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used, fresh, _ = plant(home, NAMES[0], 1000), plant(home, NAMES[1], 1000, age=5), plant(home, NAMES[2], 1000)
    monkeypatch.setenv("TLTOOL_CACHE_GB", str(3000e-9))
    with open(used / "pixels.bin", "rb") as file:
        assert hold(file)
        with pytest.raises(OSError, match="TLTOOL_CACHE_GB") as error:
            make_room(1001, "pixels")
        assert error.value.errno == errno.ENOSPC and left(home) == NAMES[:3]
        make_room(1000, "pixels")
        assert left(home) == [used.name, fresh.name]
    monkeypatch.setenv("TLTOOL_CACHE_GB", str(2000e-9))
    make_room(1000, "pixels")
    assert left(home) == [fresh.name]


def test_another_process_that_uses_an_entry_keeps_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = plant(home, NAMES[0], 1000)
    code = (
        "import sys, numpy; from tltool.data.cache.storage import hold; file = open(sys.argv[1], 'rb'); hold(file)\n"
        "mapped = numpy.memmap(file, 'u1', 'r'); file.close(); print('ready', flush=True); sys.stdin.read()"
    )
    user = subprocess.Popen([sys.executable, "-c", code, str(entry / "pixels.bin")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert user.stdout is not None and user.stdout.readline() == b"ready\n"
        monkeypatch.setenv("TLTOOL_CACHE_GB", str(1000e-9))
        assert [one.state for one in find_entries()] == ["in use"]
        with pytest.raises(OSError, match="TLTOOL_CACHE_GB"):
            make_room(500, "pixels")
    finally:
        user.kill()
        user.communicate()
    make_room(500, "pixels")
    assert left(home) == []


def test_an_index_never_goes_for_room(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_whole(home / "index" / f"{NAMES[0]}.json", bytes(1000))
    os.utime(home / "index" / f"{NAMES[0]}.json", (0, 0))
    monkeypatch.setenv("TLTOOL_CACHE_GB", str(1000e-9))
    with pytest.raises(OSError, match="TLTOOL_CACHE_GB"):
        make_room(500, "pixels")
    assert [entry.kind for entry in find_entries()] == ["index"]


def test_a_budget_of_nothing_keeps_nothing_new_and_removes_nothing_old(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(home, NAMES[0], 1000)
    monkeypatch.setenv("TLTOOL_CACHE_GB", "0")
    with pytest.raises(OSError, match=r"\b0 kB"):
        make_room(1, "pixels")
    assert left(home) == NAMES[:1]


def test_what_a_dead_run_left_over_goes_first(home: Path) -> None:
    plant(home, ".building-dead_1", 1000)
    plant(home, ".building-young", 1000, age=5)
    alive = plant(home, ".building-alive", 1000)
    (home / "index").mkdir()
    part = home / "index" / f".{NAMES[0]}.json.0123abcd.part"
    part.write_bytes(b"{")
    os.utime(part, (0, 0))
    with open(alive / "pixels.bin", "rb") as file:
        assert hold(file, alone=True)
        make_room(10, "pixels")
    assert left(home) == [".building-alive", ".building-young"] and not part.exists()


def test_removing_leaves_what_others_put_there(home: Path) -> None:
    entry = plant(home, NAMES[0], 1000)
    (entry / "notes.txt").write_text("mine")
    (entry / "photos").mkdir()
    assert not remove(entry)
    assert sorted(path.name for path in entry.iterdir()) == ["notes.txt", "photos"]


@pytest.mark.parametrize("name", ["notes", "0" * 31, "0" * 33, "A" * 32, f"{'0' * 32}.txt", ".hidden", "photos"])
def test_other_names_are_no_entries(home: Path, name: str) -> None:
    plant(home, name, 10)
    plant(home, NAMES[0], 10, kind="holiday")
    assert find_entries() == []


def test_a_link_is_no_entry_and_what_it_points_to_stays(home: Path, tmp_path: Path) -> None:
    elsewhere = plant(tmp_path / "elsewhere", NAMES[0], 10)
    (home / "pixels").mkdir(parents=True)
    (home / "pixels" / NAMES[0]).symlink_to(elsewhere)
    assert find_entries() == [] and (elsewhere / "pixels.bin").exists()


def test_a_lock_is_shared_by_readers_and_ends_with_the_last_mapping(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"1")
    with open(tmp_path / "x", "rb") as one, open(tmp_path / "x", "rb") as two, open(tmp_path / "x", "rb") as three:
        assert hold(one) and hold(two) and not hold(three, alone=True)
        one.close()
        two.close()
        assert hold(three, alone=True)


def test_a_file_system_without_locks_counts_as_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with open(tmp_path / "x", "wb") as file:
        assert hold(file) and hold(file, alone=True)


@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(st.integers(1, 500), max_size=8), need=st.integers(1, 2000), limit=st.integers(0, 3000))
def test_after_making_room_the_budget_holds_or_nothing_has_gone(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], need: int, limit: int
) -> None:
    home = tmp_path_factory.mktemp("cache")
    for i, (name, size) in enumerate(zip(NAMES, sizes)):
        plant(home, name, size, OLD + i)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLTOOL_CACHE", str(home))
        patch.setenv("TLTOOL_CACHE_GB", repr((limit + 0.5) / 1e9))
        try:
            make_room(need, "pixels")
        except OSError:
            assert need > limit and len(find_entries()) == len(sizes)
        kept = [entry.path.name for entry in find_entries()]
        assert need > limit or sum(entry.bytes for entry in find_entries()) + need <= limit
        assert sorted(kept) == NAMES[: len(kept)], "the youngest stay"
        gone = sizes[len(kept) :]
        assert not gone or sum(sizes[: len(kept)]) + gone[0] + need > limit, "no more than is needed"
