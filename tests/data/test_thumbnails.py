"""Thumbnails and facts of every photo, looked up once and kept by content."""

import hashlib
import io
import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pandas
import pytest
from corpus import encoded
from PIL import Image

from tltool.data.cache import hashes, storage
from tltool.data.decoding import decoder
from tltool.data.decoding.decoder import decode
from tltool.data.decoding.geometry import ORIENTATIONS
from tltool.data.samples import Samples
from tltool.data.thumbnails import make_thumbnails
from tltool.errors import DataError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "looks"


@pytest.fixture
def opened(monkeypatch):
    """Names of the photos opened since the last clear."""
    calls, real = [], hashes.read_photo
    monkeypatch.setattr(hashes, "read_photo", lambda path: calls.append(Path(path).name) or real(path))
    return calls


def photo(seed, kind="PNG", shape=(24, 16), mode="RGB", **options):
    file = io.BytesIO()
    noise = np.random.default_rng(seed).integers(0, 255, (*shape[::-1], 3), np.uint8)
    Image.fromarray(noise).convert(mode).save(file, kind, **options)
    return file.getvalue()


def make(tmp_path, *contents):
    rows = []
    for i, content in enumerate(contents):
        place = tmp_path / f"{i}.jpg"
        place.write_bytes(content)
        rows.append((str(place), hashlib.sha256(content).hexdigest(), "ab"[i % 2], "", ""))
    return Samples(pandas.DataFrame(rows, columns=["path", "sha256", "label", "group", "split"], dtype=object), ["a", "b"])


def entries(folder):
    return sorted(folder.iterdir()) if folder.exists() else []


def test_row_i_is_the_whole_upright_photo_of_row_i_stretched(tmp_path):
    samples, seen = make_thumbnails(make(tmp_path, *map(photo, range(7))))
    assert seen.pixels.shape == (7, 32, 32, 3) and seen.pixels.dtype == np.uint8
    assert (seen.pixels == np.stack([decode(path, 32, "stretch") for path in samples.paths])).all()


def test_facts_are_those_of_the_stored_photo(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    contents = [
        photo(0, "JPEG", (60, 40), exif=exif.tobytes()),
        photo(1, "TIFF", (60, 40), "L", exif=exif.tobytes()),
        photo(2, "PNG", (60, 40), exif=exif.tobytes()),
        photo(3, "JPEG", (1600, 1200), "CMYK"),
        photo(4, "GIF", (5, 9), "P"),
        photo(5, "WEBP", (60, 40), exif=exif.tobytes()),
    ]
    _, seen = make_thumbnails(make(tmp_path, *contents))
    assert list(seen.facts.columns) == list(decoder.Facts._fields)
    assert seen.facts.iloc[:, :5].to_numpy().tolist() == [
        ["JPEG", 60, 40, "RGB", 6],
        ["TIFF", 60, 40, "L", 6],
        ["PNG", 60, 40, "RGB", 6],
        ["JPEG", 1600, 1200, "CMYK", 1],
        ["GIF", 5, 9, "P", 1],
        ["WEBP", 60, 40, "RGB", 6],
    ]


@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG"])
def test_width_and_height_are_as_stored_whatever_the_orientation(tmp_path, kind, value):
    exif = Image.Exif()
    exif[0x0112] = value
    facts = make_thumbnails(make(tmp_path, photo(0, kind, (60, 40), exif=exif.tobytes()), photo(1)))[1].facts
    assert facts.iloc[0].tolist()[:5] == [kind, 60, 40, "RGB", value]


def test_facts_tell_what_the_pixels_are_like(tmp_path):
    deep = np.linspace(0, 4095, 600).astype(np.uint16).reshape(20, 30)  # 12 bits in 16
    thermal = np.linspace(30_000, 30_500, 600).astype(np.uint16).reshape(20, 30)
    rgb16 = Image.fromarray((deep // 16).astype(np.uint8)).convert("RGB")
    unseen, hole = Image.new("RGBA", (30, 20), (9, 99, 200, 0)), Image.new("RGBA", (30, 20), (9, 99, 200, 255))
    hole.paste((0, 0, 0, 0), (0, 0, 9, 9))
    palette = Image.new("P", (30, 20), 1)
    palette.putpalette([0, 0, 0, 9, 99, 200])
    photos = [Image.fromarray(deep), Image.fromarray(thermal), rgb16, unseen, hole]
    contents = [encoded(one, "PNG") for one in photos] + [encoded(palette, "PNG", transparency=1), encoded(palette, "PNG")]
    _, seen = make_thumbnails(make(tmp_path, *contents))
    facts = seen.facts[["depth", "levels", "darkest", "brightest", "alpha"]].to_numpy().tolist()
    assert facts[0] == [16, 17, 0, 16, 255] and facts[1] == [16, 3, 117, 119, 255] and facts[2][:2] == [8, 256]
    assert facts[3] == [8, 1, 255, 255, 0] and facts[4][4] == 255 and [one[4] for one in facts[5:]] == [0, 255]


def test_thumbnails_are_upright(tmp_path):
    grey = np.add.outer(np.arange(0, 160, 4), np.arange(0, 90)).astype(np.uint8)
    contents = []
    for value in range(1, 9):
        stored = Image.fromarray(grey)
        stored = stored if value == 1 else stored.transpose(ORIENTATIONS[{6: 8, 8: 6}.get(value, value)][0])
        exif, file = Image.Exif(), io.BytesIO()
        exif[0x0112] = value
        stored.save(file, "PNG", exif=exif)
        contents.append(file.getvalue())
    thumbnails = make_thumbnails(make(tmp_path, *contents))[1].pixels
    assert (thumbnails == thumbnails[0]).all()


def test_the_second_time_no_photo_is_opened(tmp_path, opened, folder):
    samples = make(tmp_path, *map(photo, range(6)))
    _, first = make_thumbnails(samples)
    assert len(opened) == 6
    kept, again = make_thumbnails(samples)
    assert len(opened) == 6 and kept.table.equals(samples.table) and len(entries(folder)) == 1
    assert (again.pixels == first.pixels).all() and again.facts.equals(first.facts)


def test_only_what_is_new_is_opened_when_photos_came_went_moved_or_changed_order(tmp_path, opened):
    make_thumbnails(make(tmp_path, *map(photo, range(6)), photo(9, "JPEG")[:-30]))
    opened.clear()
    (tmp_path / "elsewhere").mkdir()
    samples, seen = make_thumbnails(make(tmp_path / "elsewhere", photo(5), photo(9, "JPEG")[:-30], photo(77), photo(0), photo(3)))
    assert sorted(opened) == ["1.jpg", "2.jpg"] and len(samples) == 4 and len(samples.faults) == 1
    assert (seen.pixels == np.stack([decode(path, 32, "stretch") for path in samples.paths])).all()
    assert seen.facts["width"].tolist() == [24] * 4


def test_thumbnails_are_mapped_and_not_held_in_memory(tmp_path):
    def mapped(array):
        return isinstance(array, np.memmap) or (array.base is not None and mapped(array.base))

    samples = make(tmp_path, photo(0), photo(1, "JPEG")[:-40], photo(2), photo(3))
    make_thumbnails(samples)
    _, seen = make_thumbnails(samples)
    assert mapped(seen.pixels)


def test_equal_files_are_opened_once_and_each_has_its_row(tmp_path, opened):
    samples, seen = make_thumbnails(make(tmp_path, photo(0), photo(1), photo(0), photo(0), photo(2)))
    assert len(opened) == 3 and (seen.pixels[[2, 3]] == seen.pixels[0]).all()
    assert (seen.pixels == np.stack([decode(path, 32, "stretch") for path in samples.paths])).all() and len(seen.facts) == 5


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"])
def test_photos_that_are_cut_short_are_faults_and_remembered(tmp_path, kind, opened, caplog):
    bad = photo(1, kind, (90, 70))[:-40]
    samples = make(tmp_path, photo(0), photo(2), bad, photo(3), bad)
    for _ in range(2):
        kept, seen = make_thumbnails(samples)
        assert kept.paths == [samples.paths[i] for i in (0, 1, 3)] and len(seen.pixels) == len(seen.facts) == 3
        assert [fault.path for fault in kept.faults] == [samples.paths[2], samples.paths[4]]
        assert all("damaged or cut short" in fault.reason for fault in kept.faults)
        assert (seen.pixels[2] == decode(photo(3), 32, "stretch")).all() and len(opened) == 4
    assert samples.paths[2] in caplog.text and "2 files are left out" in caplog.text


def test_a_class_without_a_readable_photo_is_refused_by_name(tmp_path):
    for _ in range(2):
        with pytest.raises(DataError, match=r"'b'.*is damaged"):
            make_thumbnails(make(tmp_path, photo(0), photo(1, "JPEG")[:-40], photo(2)))


def test_a_file_that_changed_or_went_away_is_a_fault_of_this_time_only(tmp_path, opened):
    samples = make(tmp_path, *map(photo, range(6)))
    Path(samples.paths[0]).write_bytes(photo(77))
    Path(samples.paths[1]).unlink()
    kept, seen = make_thumbnails(samples)
    assert {fault.path: fault.reason.split()[0] for fault in kept.faults} == {samples.paths[0]: "has", samples.paths[1]: "cannot"}
    assert (seen.pixels[0] == decode(photo(2), 32, "stretch")).all()
    opened.clear()
    again, seen = make_thumbnails(make(tmp_path, *map(photo, range(6))))
    assert not again.faults and len(seen.pixels) == 6 and len(opened) == 2


def test_nothing_at_all_that_decodes_is_refused(tmp_path):
    with pytest.raises(DataError, match="readable photo"):
        make_thumbnails(make(tmp_path, photo(1, "JPEG")[:-40], photo(2, "JPEG")[:-40]))


def cut(entry):
    with open(entry / "looks.bin", "r+b") as file:
        file.truncate(1000)


def flip(entry):
    content = bytearray((entry / "looks.bin").read_bytes())
    content[3080] ^= 1  # among the facts of the first photo
    (entry / "looks.bin").write_bytes(content)


@pytest.mark.parametrize(
    "damage", [cut, flip, lambda entry: (entry / "looks.bin").unlink(), lambda entry: (entry / "about.json").write_text("{")]
)
def test_a_damaged_entry_is_never_used_and_rebuilt(tmp_path, folder, opened, damage):
    samples = make(tmp_path, *map(photo, range(4)))
    seen = make_thumbnails(samples)[1]
    good, facts = seen.pixels.copy(), seen.facts  # a file cut short under its mapping would kill the process
    damage(entries(folder)[0])
    again = make_thumbnails(samples)[1]
    assert (again.pixels == good).all() and again.facts.equals(facts)
    opened.clear()
    assert (make_thumbnails(samples)[1].pixels == good).all() and not opened and len(entries(folder)) == 1


def test_several_runs_may_look_at_once(tmp_path, folder):
    samples, results, start = make(tmp_path, *map(photo, range(30))), [], threading.Barrier(4)

    def look():
        start.wait()
        results.append(make_thumbnails(samples)[1].pixels)

    runs = [threading.Thread(target=look) for _ in range(4)]
    [run.start() for run in runs], [run.join() for run in runs]
    assert len(results) == 4 and all((result == results[0]).all() for result in results) and len(entries(folder)) == 1


def test_an_interrupted_pass_leaves_nothing_and_an_old_leftover_goes(tmp_path, folder, monkeypatch):
    (folder / ".building-old").mkdir(parents=True)
    os.utime(folder / ".building-old", (0, 0))
    (folder / ".building-new").mkdir()

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(decoder, "examine", interrupt)
    with pytest.raises(KeyboardInterrupt):
        make_thumbnails(make(tmp_path, *map(photo, range(4))))
    assert [entry.name for entry in entries(folder)] == [".building-new"]


def test_without_a_cache_everything_is_looked_up_again_and_a_warning_says_so(tmp_path, monkeypatch, caplog, opened):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "file"))
    samples = make(tmp_path, photo(0), photo(1), photo(4, "JPEG")[:-40], photo(3))
    for times in (1, 2):
        kept, seen = make_thumbnails(samples)
        assert (seen.pixels == np.stack([decode(path, 32, "stretch") for path in kept.paths])).all()
        assert len(kept) == 3 and len(opened) == 4 * times and len(seen.facts) == 3
    assert "cannot be kept" in caplog.text


def test_another_decoder_looks_again(tmp_path, monkeypatch, opened):
    samples = make(tmp_path, photo(0), photo(1))
    make_thumbnails(samples)
    monkeypatch.setattr(decoder, "VERSION", decoder.VERSION + 1)
    make_thumbnails(samples)
    assert len(opened) == 4


def test_the_cache_may_be_taken_away_at_any_time(tmp_path, folder, opened):
    samples = make(tmp_path, photo(0), photo(1))
    thumbnails = make_thumbnails(samples)[1].pixels
    shutil.rmtree(storage.location())
    assert (thumbnails == make_thumbnails(samples)[1].pixels).all() and len(opened) == 4
