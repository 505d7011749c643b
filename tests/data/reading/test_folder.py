import hashlib
import io
import json
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas
import pytest
from corpus import STRANGE, chunk, snapshot
from PIL import Image

from tltool.data.cache import hashes
from tltool.data.photos import read_photos
from tltool.data.pixels import decode_once
from tltool.data.reading.files import find_photos
from tltool.data.splitting.splits import read_split, split, write_split
from tltool.errors import DataError
from tltool.threads import in_order


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path_factory.mktemp("cache")))


def png(seed, size=8):
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (size, size, 3), np.uint8)).save(file, "PNG")
    return file.getvalue()


def jpeg(seed, size=48):
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (size, size, 3), np.uint8)).save(file, "JPEG")
    return file.getvalue()


def plant(root, *paths):
    """Distinct photos at these places; a path that ends with / becomes an empty folder."""
    for path in paths:
        place = Path(root, path)
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.endswith("/"):
            place.mkdir(exist_ok=True)
        else:
            place.write_bytes(png(int(hashlib.sha256(os.fsencode(path)).hexdigest()[:8], 16)))
    return Path(root)


def seen(samples):
    return {(Path(path).name, label, part) for path, label, part in samples.table[["path", "label", "split"]].itertuples(index=False)}


def faults(samples):
    return {Path(fault.path).name: fault.reason for fault in samples.faults}


@pytest.mark.parametrize(
    ("paths", "wanted"),
    [
        (["cat/1", "dog/2"], {("1", "cat", ""), ("2", "dog", "")}),
        (["wrap/cat/1", "wrap/dog/2"], {("1", "cat", ""), ("2", "dog", "")}),
        (["a/b/cat/1", "a/b/dog/2", "__MACOSX/a/._1", ".hidden/x/y"], {("1", "cat", ""), ("2", "dog", "")}),
        (
            ["train/cat/1", "train/dog/2", "val/cat/3", "test/dog/4"],
            {("1", "cat", "train"), ("2", "dog", "train"), ("3", "cat", "validation"), ("4", "dog", "test")},
        ),
        (
            ["Training/cat/1", "training/dog/2", "VALID/cat/3", "validation/dog/4"],
            {("1", "cat", "train"), ("2", "dog", "train"), ("3", "cat", "validation"), ("4", "dog", "validation")},
        ),
        (
            ["images/Train/Cat/1", "images/train/dog/2", "images/VAL/Cat/3", "__MACOSX/images/Train/Cat/._1"],
            {("1", "Cat", "train"), ("2", "dog", "train"), ("3", "Cat", "validation")},
        ),
        (
            ["train/cat/1", "train/dog/2", "val/owl/3", "test/dog/x/4"],
            {("1", "cat", "train"), ("2", "dog", "train"), ("3", "owl", "validation"), ("4", "dog", "test")},
        ),
        (["set/train/cat/1", "set/train/dog/2", "set/test/cat/3"], {("1", "cat", "train"), ("2", "dog", "train"), ("3", "cat", "test")}),
        (["train/cat/1", "train/dog/2"], {("1", "cat", ""), ("2", "dog", "")}),
        (["val/cat/1", "test/dog/2"], {("1", "cat", "validation"), ("2", "dog", "test")}),
        (["test/1", "train/2", "plane/3"], {("1", "test", ""), ("2", "train", ""), ("3", "plane", "")}),
        (["cat/indoors/1", "cat/2", "dog/x/y/3"], {("1", "cat", ""), ("2", "cat", ""), ("3", "dog", "")}),
        (["x.jpg/1", "<b>/2"], {("1", "x.jpg", ""), ("2", "<b>", "")}),
    ],
)
def test_layouts_are_recognised(tmp_path, paths, wanted):
    samples = read_photos(plant(tmp_path, *paths))
    assert seen(samples) == wanted and samples.faults == []
    assert samples.classes == sorted({label for _, label, _ in wanted})


def test_the_table_is_sorted_absolute_and_hashed(tmp_path, monkeypatch):
    plant(tmp_path, "photos/dog/2", "photos/cat/10", "photos/cat/1")
    monkeypatch.chdir(tmp_path)
    table = read_photos("photos").table
    assert table["path"].tolist() == [str(tmp_path / "photos" / name) for name in ("cat/1", "cat/10", "dog/2")]
    assert list(table.columns) == ["path", "sha256", "label", "group", "split"]
    assert table["sha256"].tolist() == [hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in table["path"]]


def test_samples_count_select_and_number_their_classes(tmp_path):
    samples = read_photos(plant(tmp_path, "train/b/1", "train/a/2", "test/a/3"))
    assert samples.counts() == {"a": {"train": 1, "test": 1}, "b": {"train": 1, "test": 0}}
    assert samples.rows("train").tolist() == [1, 2] and samples.labels.tolist() == [0, 0, 1]
    assert len(samples.of("train")) == 2 and samples.of("train").labels.tolist() == [0, 1] and samples.of("test").classes == ["a", "b"]
    assert samples.labels.dtype == np.int64 and len(samples.of("validation")) == 0


def test_other_files_are_counted_by_kind_and_system_files_passed_over(tmp_path):
    plant(tmp_path, "cat/1.png", "dog/2.png")
    for name in ("cat/a.heic", "cat/b.HEIC", "dog/notes.txt", "LICENSE"):
        (tmp_path / name).write_bytes(b"\0\0\0\x18ftypheic....")
    for name in ("cat/Thumbs.db", "cat/.DS_Store", "cat/._1.png", "cat/desktop.ini"):
        (tmp_path / name).write_bytes(b"x")
    plant(tmp_path, "cat/.ipynb_checkpoints/1.png", "__MACOSX/cat/1.png")
    samples = read_photos(tmp_path)
    assert samples.ignored == {".heic": 2, ".txt": 1, "without ending": 1} and not samples.faults and len(samples) == 2
    assert samples.layout.splitlines()[-1] == "ignored: 2 .heic, 1 .txt, 1 without ending"
    assert samples.layout.splitlines()[0].endswith("2 photos, 2 classes") and "├── cat  1" in samples.layout


def test_every_bad_file_is_named_with_its_reason_and_the_rest_goes_on(tmp_path):
    root = plant(tmp_path / "photos", "cat/good.png", "dog/good.png", *(f"cat/{name}" for name in STRANGE))
    whole = jpeg(0)
    bad = {
        "empty.jpg": b"",
        "page.jpg": b"<html>",
        "heic.jpg": b"\0\0\0\x18ftypheic",
        **{f"cut{n}.jpg": whole[: len(whole) * n // 8] for n in range(1, 8)},
        "bomb.png": b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)) + chunk(b"IDAT", b""),
    }
    for name, content in bad.items():
        (root / "cat" / name).write_bytes(content)
    os.mkfifo(root / "cat" / "pipe.jpg")
    (root / "cat" / "loop.jpg").symlink_to("loop.jpg")
    (root / "cat" / "gone.jpg").symlink_to("nowhere")
    (root / "cat" / "up").symlink_to("..")
    (root / "cat" / "alias.png").symlink_to("good.png")
    plant(tmp_path, "outside.png")
    (root / "cat" / "out.png").symlink_to(tmp_path / "outside.png")
    plant(root, "loose.png")
    before = snapshot(root)

    samples, pixels = decode_once(read_photos(root), 16, "crop")
    samples = split(samples, 0.2, 0.2, seed=0)

    named = faults(samples)
    assert set(named) == {*bad, "pipe.jpg", "loop.jpg", "gone.jpg", "up", "out.png", "loose.png"}
    assert "empty" in named["empty.jpg"] and "HTML" in named["page.jpg"] and "HEIC" in named["heic.jpg"] and "pixels" in named["bomb.png"]
    assert (
        "regular" in named["pipe.jpg"]
        and "leads out" in named["out.png"]
        and "link to a folder" in named["up"]
        and "class folder" in named["loose.png"]
    )
    assert all("damaged" in named[f"cut{n}.jpg"] for n in range(1, 8))
    assert {Path(path).name for path in samples.paths} == {"good.png", "alias.png", *STRANGE} and len(pixels) == len(samples) == 3 + len(
        STRANGE
    )
    assert snapshot(root) == before
    assert not any("\n" in str(fault) for fault in samples.faults)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_files_and_folders_without_permission_are_faults(tmp_path):
    plant(tmp_path, "cat/1.png", "cat/2.png", "dog/3.png", "dog/locked/4.png")
    (tmp_path / "cat/2.png").chmod(0)
    (tmp_path / "dog/locked").chmod(0)
    samples = read_photos(tmp_path)
    (tmp_path / "dog/locked").chmod(0o700)
    assert set(faults(samples)) == {"2.png", "locked"} and all("Permission denied" in reason for reason in faults(samples).values())


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ([], "none"),
        (["a.png", "b.png"], "right in it.*folder above it"),
        (["cat/1"], "two classes"),
        (["cat/1", "dog/"], "'dog'"),
        (["cat/1", "dog/2", "owl/.hidden"], "'owl'"),
        (["train/cat/1", "train/dog/", "test/cat/3"], "'dog'"),
    ],
)
def test_a_folder_that_cannot_be_learned_from_is_refused(tmp_path, paths, message):
    with pytest.raises(DataError, match=message) as caught:
        read_photos(plant(tmp_path, *paths))
    assert "\n" not in str(caught.value) and (str(tmp_path) in str(caught.value) or "class" in str(caught.value))


def test_a_class_of_heic_files_fails_by_name(tmp_path):
    plant(tmp_path, "cat/1.png", "dog/2.png", "owl/")
    for i in range(37):
        (tmp_path / f"owl/{i}.heic").write_bytes(b"\0\0\0\x18ftypheic....")
    with pytest.raises(DataError, match=r"'owl'.*37 \.heic"):
        read_photos(tmp_path)


def test_a_class_whose_photos_are_all_damaged_fails_by_name(tmp_path):
    plant(tmp_path, "cat/1.png", "dog/2.png", "owl/")
    (tmp_path / "owl/x.jpg").write_bytes(b"")
    with pytest.raises(DataError, match=r"'owl'.*x\.jpg is empty"):
        read_photos(tmp_path)
    (tmp_path / "owl/x.jpg").write_bytes(jpeg(1)[:-50])
    with pytest.raises(DataError, match=r"'owl'.*x\.jpg is damaged"):
        decode_once(read_photos(tmp_path), 16, "crop")


def test_measuring_takes_one_class_and_empty_folders(tmp_path):
    assert "  1 photo, 1 class\n" in read_photos(plant(tmp_path / "one", "cat/1.png"), complete=False).layout
    samples = read_photos(plant(tmp_path / "other", "cat/1", "dog/"), complete=False)
    assert samples.classes == ["cat"]


def test_what_is_no_folder_is_refused_and_a_typing_error_is_noticed(tmp_path):
    plant(tmp_path, "photos/cat/1", "photos/dog/2", "file.jpg")
    with pytest.raises(DataError, match="Did you mean 'photos'"):
        read_photos(tmp_path / "fotos")
    with pytest.raises(DataError, match="does not exist"):
        read_photos("/nowhere/at all")
    with pytest.raises(DataError, match="neither"):
        read_photos(tmp_path / "file.jpg")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match="neither"):
        read_photos(tmp_path / "pipe.csv")


def test_a_csv_is_read_with_its_splits_groups_and_relative_paths(tmp_path):
    plant(tmp_path, "p/1", "p/2", 'p/it\'s, "3"', "p/4")
    (tmp_path / "list.csv").write_text(
        f'\ufeffPath,Label,Split,Group,note\np/1,NA,train,g1,\np/2,007,val,,x\n"p/it\'s, ""3""",NA,,g1,\n{tmp_path}/p/4,007,test,,\n',
        encoding="utf-8",
    )
    samples = read_photos(tmp_path / "list.csv")
    assert seen(samples) == {("1", "NA", "train"), ("2", "007", "validation"), ('it\'s, "3"', "NA", ""), ("4", "007", "test")}
    assert samples.table["group"].tolist() == ["g1", "", "g1", ""] and samples.classes == ["007", "NA"]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_csv_may_use_semicolons_or_tabs(tmp_path, mark):
    plant(tmp_path, "1", "2")
    (tmp_path / "list.csv").write_text(f"path{mark}label\n1{mark}a\n2{mark}b\n")
    assert seen(read_photos(tmp_path / "list.csv")) == {("1", "a", ""), ("2", "b", "")}


def test_lines_of_a_csv_that_cannot_be_used_are_faults(tmp_path):
    plant(tmp_path, "1", "2", "3")
    (tmp_path / "bad.jpg").write_bytes(b"")
    (tmp_path / "list.csv").write_text("path,label\n1,a\n2,b\n3,\n1,b\ngone,a\nbad.jpg,b\n.,a\n,a\n")
    samples = read_photos(tmp_path / "list.csv")
    assert len(samples) == 2
    assert {name: reason.split()[0] for name, reason in faults(samples).items()} == {
        "3": "has",
        "1": "is",
        "gone": "cannot",
        "bad.jpg": "is",
        tmp_path.name: "cannot",
        "list.csv": "has",
    }
    assert faults(samples)["list.csv"] == "has no path in line 9" and faults(samples)["3"] == "has no label (line 4)"
    assert faults(samples)["1"] == "is listed more than once (line 5); the first line counts, as 'a'"


def test_the_lines_of_a_csv_are_counted_as_an_editor_counts_them(tmp_path):
    plant(tmp_path, "1", "2\n2")
    (tmp_path / "list.csv").write_bytes(b'sep=;\r\npath;label\r\n1;a\r\n\r\n"2\n2";b\r\n;c\r\n')
    samples = read_photos(tmp_path / "list.csv")
    assert len(samples) == 2 and faults(samples) == {"list.csv": "has no path in line 7"}


def test_a_list_of_a_spreadsheet_on_windows_is_understood(tmp_path):
    plant(tmp_path, "photos/cat/1.png", "photos/dog/2.png", "photos/dog/back\\slash.png")
    text = "path;label;note;more\r\nphotos\\cat\\1.png; cat ;a;b;c;d\r\n photos/dog/2.png ;dog\r\nphotos/dog/back\\slash.png;dog;;\r\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        (tmp_path / "list.csv").write_bytes(text.encode(encoding))
        samples = read_photos(tmp_path / "list.csv")
        assert {(name, label) for name, label, _ in seen(samples)} == {
            ("1.png", "cat"),
            ("2.png", "dog"),
            ("back\\slash.png", "dog"),
        } and not samples.faults


def test_an_accent_written_apart_is_the_same_class(tmp_path):
    samples = read_photos(plant(tmp_path, "train/caf\u00e9/1", "train/hat/2", "val/cafe\u0301/3"))
    assert samples.classes == ["caf\u00e9", "hat"] and len(samples) == 3


def test_a_hidden_class_folder_is_named_and_what_programs_hide_is_not(tmp_path):
    plant(tmp_path, "cat/1.png", "dog/2.png", ".owl/3.png", ".owl/4.jpg", ".git/5.png", ".Trash-1000/6.png", ".notes/x.txt", "cat/.7.png")
    (tmp_path / ".link").symlink_to("cat")
    assert faults(read_photos(tmp_path)) == {".owl": "is a hidden folder with 2 photos; rename it without the dot if it is a class"}


def test_parts_without_class_folders_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"train/cat/1\.jpg.*'Train', 'test'"):
        read_photos(plant(tmp_path, "Train/1.png", "test/2.png"))


def test_odd_endings_stay_on_their_line(tmp_path):
    plant(tmp_path, "cat/1.png", "dog/2.png")
    (tmp_path / "dog/a.x\ny").write_text("no photo")
    assert read_photos(tmp_path).layout.splitlines()[-1] == r"ignored: 1 .x\ny"


def test_a_long_list_of_photos_is_read_a_few_at_a_time(tmp_path):
    begun = []
    results = in_order(lambda i: begun.append(i) or i * i, range(1000), ahead=8)
    assert [next(results) for _ in range(5)] == [0, 1, 4, 9, 16] and len(begun) <= 5 + 8
    results.close()
    assert list(in_order(str, range(50), ahead=3)) == list(map(str, range(50)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,class\n1,a\n", "columns path and label"),
        ("", "columns"),
        ("path,label,split\n1,a,dev\n", "'dev'"),
        ("path,label\n", "none"),
        ("path,label\ngone,a\n1,b\n", "'a'"),
    ],
)
def test_a_csv_that_is_no_list_of_photos_is_refused(tmp_path, text, message):
    plant(tmp_path, "1")
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        read_photos(tmp_path / "list.csv")


def test_a_column_named_twice_is_refused_and_one_that_nobody_reads_is_not(tmp_path):
    plant(tmp_path, "a.png", "b.png")
    rows = [(tmp_path / "a.png", "x", "p", "p"), (tmp_path / "b.png", "y", "q", "q")]
    assert len(read_photos(pandas.DataFrame(rows, columns=["path", "label", "note", "Note"]))) == 2
    with pytest.raises(DataError, match="column label only once"):
        read_photos(pandas.DataFrame(rows, columns=["path", "label", "x", "label"]))
    (tmp_path / "twice.csv").write_text("path,label,Label\na.png,x,p\nb.png,y,q\n")
    with pytest.raises(DataError, match="column label only once"):
        read_photos(tmp_path / "twice.csv")


def test_a_csv_that_is_not_saved_as_utf8_says_how_to_save_it(tmp_path):
    plant(tmp_path, "a.png", "b.png")
    (tmp_path / "windows.csv").write_bytes("path,label\na.png,Mütze\nb.png,Hut\n".encode("cp1252"))
    with pytest.raises(DataError, match="save the CSV as UTF-8"):
        read_photos(tmp_path / "windows.csv")


def test_a_dataframe_is_read_like_a_csv(tmp_path, monkeypatch):
    plant(tmp_path, "1", "2", "3")
    monkeypatch.chdir(tmp_path)
    frame = pandas.DataFrame(
        {"path": [Path("1"), "2", str(tmp_path / "3")], "label": [0, 1, pandas.NA], "split": ["train", None, np.nan]}, index=[7, 7, 8]
    )
    samples = read_photos(frame)
    assert seen(samples) == {("1", "0", "train"), ("2", "1", "")} and faults(samples) == {"3": "has no label (row 2)"}


def test_links_in_a_csv_are_followed(tmp_path):
    plant(tmp_path, "far/1", "2", "list/")
    (tmp_path / "list/link").symlink_to(tmp_path / "far/1")
    (tmp_path / "list/list.csv").write_text("path,label\nlink,a\n../2,b\n")
    assert len(read_photos(tmp_path / "list/list.csv")) == 2


def test_an_unchanged_folder_is_not_read_again_and_a_changed_file_is(tmp_path, monkeypatch):
    plant(tmp_path, "cat/1", "dog/2", "dog/note.txt")
    (tmp_path / "dog/note.txt").write_text("no photo")
    monkeypatch.setattr(hashes, "SETTLED_NS", 0)
    opened = []
    real = hashes.read_photo
    monkeypatch.setattr(hashes, "read_photo", lambda path: opened.append(Path(path).name) or real(path))
    first = read_photos(tmp_path)
    assert sorted(opened) == ["1", "2", "note.txt"]
    assert read_photos(tmp_path, complete=False).table.equals(first.table) and len(opened) == 3
    (tmp_path / "cat/1").write_bytes(png(99))
    again = read_photos(tmp_path, complete=False)
    assert opened[3:] == ["1"] and again.table["sha256"][0] != first.table["sha256"][0]


def test_a_file_changed_a_moment_ago_is_not_trusted_to_stay(tmp_path):
    plant(tmp_path, "cat/1", "dog/2")
    read_photos(tmp_path)
    status = (tmp_path / "cat/1").stat()
    other = bytearray((tmp_path / "cat/1").read_bytes())
    other[-1] ^= 1
    (tmp_path / "cat/1").write_bytes(other)
    os.utime(tmp_path / "cat/1", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert read_photos(tmp_path, complete=False).table["sha256"][0] == hashlib.sha256(other).hexdigest()


@pytest.fixture
def indexed(tmp_path, monkeypatch):
    """A folder of two equally long photos, and the index that holds both."""
    monkeypatch.setattr(hashes, "SETTLED_NS", 0)
    for name, colour in (("cat/1", 0), ("dog/2", 255)):
        (tmp_path / "photos" / name).parent.mkdir(parents=True)
        Image.new("RGB", (9, 9), (colour, 9, 9)).save(tmp_path / "photos" / name, "BMP")
        os.utime(tmp_path / "photos" / name, (10**9, 10**9))
    time.sleep(0.02)  # past the tick of the clock that files are dated by
    read_photos(tmp_path / "photos")
    (index,) = Path(os.environ["TLTOOL_CACHE"], "index").glob("*.json")
    assert len(json.loads(index.read_text())["files"]) == 2
    return tmp_path / "photos", index


def says_what_the_files_hold(samples):
    return all(hashlib.sha256(Path(path).read_bytes()).hexdigest() == sha256 for path, sha256 in samples.table[["path", "sha256"]].values)


def test_files_of_one_length_and_time_that_change_places_are_read_again(indexed):
    folder, _ = indexed
    (folder / "cat/1").rename(folder / "aside"), (folder / "dog/2").rename(folder / "cat/1"), (folder / "aside").rename(folder / "dog/2")
    assert says_what_the_files_hold(read_photos(folder, complete=False))


def test_a_file_that_was_written_over_is_read_again_though_its_time_was_set_back(indexed):
    folder, _ = indexed
    (folder / "cat/1").write_bytes((folder / "dog/2").read_bytes())
    os.utime(folder / "cat/1", (10**9, 10**9))
    assert says_what_the_files_hold(read_photos(folder, complete=False))


def test_what_a_run_learns_from_is_read_whatever_the_index_says(indexed):
    folder, index = indexed
    noted = json.loads(index.read_text())
    for row, sha256 in zip(noted["files"].values(), "ab", strict=True):
        row[1] = [sha256 * 64, ""]
    index.write_text(json.dumps(noted))
    assert set(read_photos(folder, complete=False).table["sha256"]) == {"a" * 64, "b" * 64}, "to look at photos the index is enough"
    assert says_what_the_files_hold(read_photos(folder))


def of_another_form(change):
    def content(index):
        noted = json.loads(index.read_text())
        change(noted)
        return json.dumps(noted)

    return content


@pytest.mark.parametrize(
    "content",
    [
        *(lambda index, text=text: text for text in ("", "{", "[]", "null", '{"files": 3}', "[" * 100_000, '{"made by": [], "files": {}}')),
        of_another_form(lambda noted: noted.update(files=dict.fromkeys(noted["files"], 5))),
        of_another_form(lambda noted: noted.update(files={path: row[0] for path, row in noted["files"].items()})),
        of_another_form(lambda noted: noted.update(files={path: [row[0], ["no hash", ""]] for path, row in noted["files"].items()})),
        of_another_form(lambda noted: noted.update(files={path: [row[0], [5, 5]] for path, row in noted["files"].items()})),
        of_another_form(lambda noted: noted.update(files={path: [*row[0][:2], *row[1]] for path, row in noted["files"].items()})),
        of_another_form(lambda noted: noted["made by"].__setitem__(0, 1)),
        of_another_form(lambda noted: noted.pop("made by")),
    ],
)
def test_an_index_that_is_damaged_or_of_another_form_only_costs_time(indexed, content):
    folder, index = indexed
    index.write_text(content(index))
    assert says_what_the_files_hold(read_photos(folder, complete=False))


def test_an_index_that_is_a_pipe_is_passed_over(indexed):
    folder, index = indexed
    index.unlink()
    os.mkfifo(index)
    assert says_what_the_files_hold(read_photos(folder, complete=False)) and index.is_file()


def test_file_names_that_are_no_utf8_survive_from_folder_to_split(tmp_path):
    plant(tmp_path / "photos", "dog/2", "hat/1")
    with open(os.fsencode(tmp_path / "photos") + b"/hat/\xff.png", "wb") as file:
        file.write(png(1))
    samples, _ = decode_once(read_photos(tmp_path / "photos"), 16, "crop")
    samples = split(samples, 0, 0, seed=0)
    write_split(samples, tmp_path / "split.csv")
    assert read_split(tmp_path / "split.csv").table.equals(samples.table) and all(map(os.path.exists, samples.paths))


@pytest.mark.parametrize("name", [b"caf\xe9", b"two\nlines"])
def test_a_class_name_that_no_labels_file_can_hold_is_refused(tmp_path, name):
    plant(tmp_path, "dog/2")
    os.mkdir(os.fsencode(tmp_path) + b"/" + name)
    with open(os.fsencode(tmp_path) + b"/" + name + b"/1.png", "wb") as file:
        file.write(png(1))
    with pytest.raises(DataError, match="one line of readable text"):
        read_photos(tmp_path)


def test_photos_are_found_for_prediction_without_pandas(tmp_path):
    plant(tmp_path, "a.png", "deep/er/b", ".hidden.png")
    (tmp_path / "c.jpg").write_bytes(b"broken")
    (tmp_path / "notes.txt").write_text("x")
    os.mkfifo(tmp_path / "pipe")
    found, left_out = find_photos(tmp_path)
    assert [Path(path).name for path in found] == ["a.png", "c.jpg", "b"] and [Path(fault.path).name for fault in left_out] == ["pipe"]
    program = (
        f"import sys\nfrom tltool.data.reading.files import find_photos\nfind_photos({str(tmp_path)!r})\nassert 'pandas' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
