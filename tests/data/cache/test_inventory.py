"""What the cache says of itself, and how it is cleared."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tltool.atomic import hold
from tltool.data import clear_cache, decode_once, make_thumbnails, take_stock
from tltool.data.cache import hashes, storage
from tltool.data.cache.entries import read_about
from tltool.data.cache.storage import find_entries
from tltool.data.photos import read_photos
from tltool.data.samples import Samples
from tltool.errors import SpecError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TLTOOL_CACHE_GB", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def used(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Samples:
    """A cache in which every kind of entry that reading and decoding make has been made."""
    monkeypatch.setattr(hashes, "SETTLED_NS", 0)
    for i in range(4):
        (tmp_path / "photos" / "ab"[i % 2]).mkdir(parents=True, exist_ok=True)
        path = tmp_path / "photos" / "ab"[i % 2] / f"{i}.png"
        Image.fromarray(np.random.default_rng(i).integers(0, 255, (20, 20, 3), np.uint8)).save(path)
        os.utime(path, (0, 0))
    samples, _ = make_thumbnails(read_photos(tmp_path / "photos"))
    decode_once(samples, 16, "crop")
    return samples


def states() -> dict[str, str]:
    return {row["kind"]: row["state"] for row in take_stock().rows}


def test_every_kind_is_listed_with_its_facts(used: Samples, home: Path) -> None:
    rows = {row["kind"]: row for row in take_stock().records()}
    assert set(rows) == {"index", "looks", "pixels"} and {row["photos"] for row in rows.values()} == {4}
    assert (rows["pixels"]["size"], rows["pixels"]["fit"], rows["looks"]["size"]) == (16, "crop", None)
    assert rows["pixels"]["bytes"] == sum(file.stat().st_size for file in Path(rows["pixels"]["path"]).iterdir())
    table, total, _ = take_stock().said()
    assert len(table.rows) == 3 and "3 entries" in total and "at most" in total and str(home) in total


def test_nothing_is_said_to_be_there_where_nothing_is(home: Path) -> None:
    assert list(take_stock().records()) == [] and "Nothing" in next(iter(take_stock().said())) and not home.exists()


def test_damage_is_seen_and_with_verify_every_bit_of_it(used: Samples) -> None:
    assert set(states().values()) == {"idle"}
    assert {row["kind"]: row["state"] for row in take_stock(verify=True).rows} == {
        "index": "idle",
        "looks": "idle, intact",
        "pixels": "idle, intact",
    }
    data = next(Path(row["path"]) for row in take_stock().rows if row["kind"] == "pixels") / "pixels.bin"
    content = data.read_bytes()
    data.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert states()["pixels"] == "idle"
    assert {row["kind"]: row["state"] for row in take_stock(verify=True).rows}["pixels"] == "damaged"
    data.write_bytes(content[:-1])
    assert states()["pixels"] == "damaged"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"hashes": 3}', '{"facts": 3}', '{"checks": {"a": 1}, "hashes": [1]}', '"\ud800"']
)
def test_a_description_that_says_nonsense_is_damage(used: Samples, text: str) -> None:
    about = next(Path(row["path"]) for row in take_stock().rows if row["kind"] == "pixels") / "about.json"
    about.write_text(text, errors="surrogatepass")
    assert states()["pixels"] == "damaged"


@pytest.mark.parametrize("place", ["hashes", "faults"])
def test_a_content_that_is_no_hash_is_damage(used: Samples, place: str) -> None:
    about = next(Path(row["path"]) for row in take_stock().rows if row["kind"] == "pixels") / "about.json"
    said = json.loads(about.read_text())
    said[place] = ["\udc80", *said["hashes"][1:]] if place == "hashes" else {"\udc80": "no photo"}
    about.write_text(json.dumps(said))
    assert states()["pixels"] == "damaged" and take_stock(verify=True).rows
    assert len(decode_once(used, 16, "crop")[1]) == len(used)


def test_clearing_removes_every_entry_and_no_photo(used: Samples, home: Path) -> None:
    cleared = clear_cache()
    assert {row["kind"] for row in cleared.records()} == {"index", "looks", "pixels"} and list(home.iterdir()) == []
    assert all(Path(path).is_file() for path in used.paths)
    table, total = cleared.said()
    assert len(table.rows) == 3 and "Removed 3 entries" in total
    assert clear_cache().rows == [] and "Removed nothing" in next(iter(clear_cache().said()))


def snapshot(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def test_clearing_touches_nothing_that_tltool_did_not_write(home: Path, tmp_path: Path, used: Samples) -> None:
    clear_cache()
    key = "0" * 32
    for name in (
        "notes.txt",
        "pixels/holiday.jpg",
        f"pixels/{key}.txt",
        f"pixels/photos/{key}",
        f"index/{key}.csv",
        "hub/module/x.pb",
        f"{key}/about.json",
        f"pixels/{'A' * 32}/about.json",
        f"other/{key}/pixels.bin",
        ".building-x/about.json",
    ):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("mine")
    (home / "looks").mkdir()
    (home / "looks" / key).symlink_to(tmp_path / "photos")
    before = snapshot(home), snapshot(tmp_path / "photos")
    decode_once(used, 16, "crop")
    entry = next(Path(row["path"]) for row in take_stock().rows)
    (entry / "notes.txt").write_text("mine")
    cleared = clear_cache()
    assert list(entry.iterdir()) == [entry / "notes.txt"], "the entry is gone and what lay in it stays"
    (entry / "notes.txt").unlink()
    entry.rmdir()
    assert (snapshot(home), snapshot(tmp_path / "photos")) == before
    assert cleared.rows == [] and "hub/" in list(cleared.said())[-1]


def test_the_cache_folder_may_be_a_link(used: Samples, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link").symlink_to(home)
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "link"))
    assert len(clear_cache().rows) == 3 and list(home.iterdir()) == [] and (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("place", ["/", "~", "~/..", "{home}/x/.."])
def test_the_home_folder_and_all_above_it_is_never_cleared(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setenv("TLTOOL_CACHE", place.format(home=Path.home()))
    with pytest.raises(SpecError, match="folder of its own"):
        clear_cache()


def test_what_is_being_built_stays_and_what_is_in_use_stays_readable(used: Samples, home: Path) -> None:
    _, pixels = decode_once(used, 16, "crop")
    wanted = pixels[:].copy()
    (home / "pixels" / ".building-now").mkdir()
    with open(home / "pixels" / ".building-now" / "pixels.bin", "wb") as file:
        assert hold(file, alone=True) and states()["pixels"]
        clear_cache()
    assert [path.name for path in (home / "pixels").iterdir()] == [".building-now"]
    assert (pixels[:] == wanted).all()


def test_a_file_in_place_of_the_folder_is_no_cache(home: Path) -> None:
    home.write_text("mine")
    assert take_stock().rows == [] and clear_cache().rows == [] and home.read_text() == "mine"


def empty(path: Path) -> Path:
    """``path`` without what it is or holds."""
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return path


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a pipe": lambda file: os.mkfifo(empty(file)),
    "a device": lambda file: empty(file).symlink_to("/dev/zero"),
    "a link to nowhere": lambda file: empty(file).symlink_to("nowhere"),
    "deep": lambda file: file.write_text("[" * 100_000),
    "no text": lambda file: file.write_bytes(b"\xff\xfe\0"),
    "of another form": lambda file: file.write_text('{"made by": 5, "files": [], "version": 2, "hashes": 5, "facts": [], "checks": {}}'),
    "a list": lambda file: file.write_text("[[[]]]"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_whatever_lies_in_an_entry_the_cache_is_listed_verified_and_cleared_at_once(used: Samples, home: Path, damage: str) -> None:
    for entry in find_entries():
        for file in entry.path.iterdir() if entry.path.is_dir() else [entry.path]:
            DAMAGE[damage](file)
    for stock in (take_stock(), take_stock(verify=True)):
        assert {row["state"] for row in stock.rows if row["kind"] != "index"} == {"damaged"} and len(list(stock.said())) == 3
    make_thumbnails(read_photos(used.paths[0].rpartition("/")[0].rpartition("/")[0]))  # and it is made anew
    cleared = clear_cache()
    assert len(cleared.rows) == 3 and list(home.iterdir()) == []


def test_an_entry_whose_file_is_a_folder_is_said_to_stay_and_is_left_in_its_place(used: Samples, caplog: pytest.LogCaptureFixture) -> None:
    entry = next(Path(row["path"]) for row in take_stock().rows if row["kind"] == "pixels")
    empty(entry / "about.json").mkdir()
    assert {row["kind"] for row in clear_cache().rows} == {"index", "looks"} and "1 entry could not be removed" in caplog.text
    assert (entry / "about.json").is_dir() and [path.name for path in entry.parent.iterdir()] == [entry.name]


def test_an_entry_whose_rights_were_taken_away_is_cleared_or_said_to_stay(
    used: Samples, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    monkeypatch.setattr(storage, "open_regular", refuse)
    assert {row["kind"]: row["state"] for row in take_stock().rows}["index"] == "idle"
    assert len(clear_cache().rows) == 3


def test_an_entry_of_an_earlier_tltool_is_not_read_and_can_be_cleared(used: Samples) -> None:
    place = next(Path(row["path"]) for row in take_stock().rows if row["kind"] == "pixels")
    about = place / "about.json"
    about.write_text(about.read_text().replace('"version":2', '"version":1'))
    assert states()["pixels"] == "damaged" and read_about(place) is None
    assert len(clear_cache().rows) == 3
