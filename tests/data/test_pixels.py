import errno
import hashlib
import io
import json
import os
import re
import shutil
import threading
import time
from collections import namedtuple
from pathlib import Path

import numpy as np
import pandas
import pytest
from PIL import Image

from tltool.data import pixels as pixels_module
from tltool.data.cache import hashes, rows as cache_rows
from tltool.data.decoding import decoder
from tltool.data.decoding.decoder import decode
from tltool.data.photos import read_photos
from tltool.data.pixels import decode_once, decode_sample
from tltool.data.samples import Samples
from tltool.errors import DataError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "pixels"


@pytest.fixture
def decoded(monkeypatch):
    """The photos decoded since the last clear."""
    calls, real = [], decoder.decode
    monkeypatch.setattr(decoder, "decode", lambda source, size, fit: calls.append(source) or real(source, size, fit))
    return calls


def photo(seed, kind="PNG"):
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (20, 30, 3), np.uint8)).save(file, kind)
    return file.getvalue()


def make(tmp_path, *contents):
    """Samples of two classes in turn, one file per content."""
    rows = []
    for i, content in enumerate(contents):
        path = tmp_path / f"{len(contents)}-{i}"
        path.write_bytes(content)
        rows.append((str(path), hashlib.sha256(content).hexdigest(), "ab"[i % 2], "", ""))
    return Samples(pandas.DataFrame(rows, columns=["path", "sha256", "label", "group", "split"], dtype=object), ["a", "b"])


def entries(folder):
    return sorted(folder.iterdir()) if folder.exists() else []


def test_pixels_are_what_the_decoder_gives_in_the_order_of_the_table(tmp_path):
    for fit in ("crop", "pad", "stretch"):
        samples, pixels = decode_once(make(tmp_path, *map(photo, range(7))), 16, fit)
        wanted = np.stack([decode(path, 16, fit) for path in samples.paths])
        assert pixels.shape == (7, 16, 16, 3) and len(pixels) == 7 and pixels.dtype == np.uint8
        assert (pixels[:] == wanted).all() and (pixels[np.array([5, 0, 5])] == wanted[[5, 0, 5]]).all()
        assert (pixels[3] == wanted[3]).all() and (pixels[-1] == wanted[-1]).all() and (pixels[2:4] == wanted[2:4]).all()
        assert (pixels[np.arange(7) > 4] == wanted[5:]).all() and pixels[np.array([], int)].shape == (0, 16, 16, 3)


def test_the_second_time_nothing_is_decoded_or_opened(tmp_path, decoded, monkeypatch, folder):
    samples = make(tmp_path, *map(photo, range(6)))
    first = decode_once(samples, 16, "crop")[1][:]
    assert len(decoded) == 6
    monkeypatch.setattr(hashes, "read_photo", lambda path: pytest.fail("a photo was opened"))
    assert (decode_once(samples, 16, "crop")[1][:] == first).all() and len(decoded) == 6 and len(entries(folder)) == 1


def test_an_entry_is_shared_whatever_the_files_are_called_and_in_whatever_order(tmp_path, decoded, folder):
    samples = make(tmp_path, *map(photo, range(5)))
    decode_once(samples, 16, "crop")
    (tmp_path / "moved").mkdir()
    _, pixels = decode_once(make(tmp_path / "moved", *map(photo, (3, 1, 4, 0, 2))), 16, "crop")
    assert len(decoded) == 5 and len(entries(folder)) == 1
    assert (pixels[0] == decode(photo(3), 16, "crop")).all() and (pixels[4] == decode(photo(2), 16, "crop")).all()


def test_size_fit_and_content_each_have_their_own_entry(tmp_path, folder):
    samples = make(tmp_path, photo(0), photo(1))
    for size, fit in ((16, "crop"), (17, "crop"), (16, "pad")):
        decode_once(samples, size, fit)
    decode_once(make(tmp_path, photo(0), photo(2)), 16, "crop")
    assert len(entries(folder)) == 4


def test_equal_files_are_decoded_and_kept_once(tmp_path, decoded, folder):
    _, pixels = decode_once(make(tmp_path, photo(0), photo(1), photo(0), photo(0)), 16, "crop")
    assert len(decoded) == 2 and (entries(folder)[0] / "pixels.bin").stat().st_size == 2 * 16 * 16 * 3
    assert (pixels[0] == pixels[2]).all() and (pixels[0] == pixels[3]).all()


def test_pixels_are_mapped_and_not_held_in_memory(tmp_path):
    _, pixels = decode_once(make(tmp_path, photo(0), photo(1)), 16, "crop")
    stored = pixels.fetch.__closure__
    assert any(isinstance(cell.cell_contents, np.ndarray) and isinstance(cell.cell_contents.base, np.memmap) for cell in stored)


def test_photos_that_do_not_decode_are_dropped_named_and_remembered(tmp_path, decoded, caplog):
    bad = photo(1, "JPEG")[:-40]
    samples = make(tmp_path, photo(0), photo(2), bad, photo(3), bad)
    for _ in range(2):
        kept, pixels = decode_once(samples, 16, "crop")
        assert kept.paths == [samples.paths[i] for i in (0, 1, 3)] and len(pixels) == 3
        assert [fault.path for fault in kept.faults] == [samples.paths[2], samples.paths[4]]
        assert all("damaged or cut short" in fault.reason for fault in kept.faults)
        assert (pixels[2] == decode(photo(3), 16, "crop")).all()
        assert len(decoded) == 4
    assert samples.paths[2] in caplog.text and "2 files are left out" in caplog.text


def test_a_class_without_a_readable_photo_is_refused_by_name(tmp_path):
    for _ in range(2):
        with pytest.raises(DataError, match=r"'b'.*is damaged"):
            decode_once(make(tmp_path, photo(0), photo(1, "JPEG")[:-40], photo(2)), 16, "crop")


def test_a_file_that_changed_or_went_away_is_a_fault_of_this_time_only(tmp_path):
    samples = make(tmp_path, *map(photo, range(6)))
    Path(samples.paths[0]).write_bytes(photo(77))
    Path(samples.paths[1]).unlink()
    kept, pixels = decode_once(samples, 16, "crop")
    assert {fault.path: fault.reason.split()[0] for fault in kept.faults} == {samples.paths[0]: "has", samples.paths[1]: "cannot"}
    assert (pixels[0] == decode(photo(2), 16, "crop")).all()
    again, pixels = decode_once(make(tmp_path, *map(photo, range(6))), 16, "crop")
    assert not again.faults and len(pixels) == 6


def test_a_content_is_taken_from_whichever_of_its_files_is_left(tmp_path):
    samples = make(tmp_path, photo(0), photo(1), photo(0))
    Path(samples.paths[0]).unlink()
    kept, pixels = decode_once(samples, 16, "crop")
    assert len(kept) == 3 and (pixels[0] == decode(photo(0), 16, "crop")).all()


def cut(entry):
    with open(entry / "pixels.bin", "r+b") as file:
        file.truncate(1000)


def flip(entry):
    with open(entry / "pixels.bin", "r+b") as file:
        file.seek(700)
        byte = file.read(1)
        file.seek(700)
        file.write(bytes([byte[0] ^ 1]))


def rewrite(**changes):
    def damage(entry):
        about = json.loads((entry / "about.json").read_text())
        (entry / "about.json").write_text(json.dumps(about | changes))

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        cut,
        flip,
        lambda entry: (entry / "about.json").write_text("{"),
        lambda entry: (entry / "about.json").unlink(),
        lambda entry: (entry / "pixels.bin").unlink(),
        rewrite(checks=[]),
        rewrite(hashes=None),
        rewrite(faults=None),
        rewrite(faults={"x": "is bad"}),
        rewrite(hashes=["x"] * 4),
        lambda entry: (entry / "about.json").write_text("[]"),
    ],
)
def test_a_damaged_entry_is_rebuilt(tmp_path, folder, decoded, damage):
    samples = make(tmp_path, *map(photo, range(4)))
    good = decode_once(samples, 16, "crop")[1][:]
    damage(entries(folder)[0])
    decoded.clear()
    assert (decode_once(samples, 16, "crop")[1][:] == good).all() and len(decoded) == 4
    decoded.clear()
    assert (decode_once(samples, 16, "crop")[1][:] == good).all() and not decoded and len(entries(folder)) == 1


def test_two_runs_may_build_at_once(tmp_path, folder):
    samples, results, start = make(tmp_path, *map(photo, range(30))), [], threading.Barrier(4)

    def build():
        start.wait()
        results.append(decode_once(samples, 16, "crop")[1][:])

    builders = [threading.Thread(target=build) for _ in range(4)]
    [builder.start() for builder in builders], [builder.join() for builder in builders]
    assert len(results) == 4 and all((result == results[0]).all() for result in results) and len(entries(folder)) == 1


def test_an_interrupted_build_leaves_nothing_and_an_old_leftover_goes(tmp_path, folder, monkeypatch):
    samples = make(tmp_path, *map(photo, range(4)))
    (folder / ".building-old").mkdir(parents=True)
    os.utime(folder / ".building-old", (time.time() - 2 * 86_400,) * 2)
    (folder / ".building-new").mkdir()

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(decoder, "decode", interrupt)
    with pytest.raises(KeyboardInterrupt):
        decode_once(samples, 16, "crop")
    assert [entry.name for entry in entries(folder)] == [".building-new"]


def is_streamed_correctly(samples, caplog):
    kept, pixels = decode_once(samples, 16, "crop")
    wanted = np.stack([decode(path, 16, "crop") for path in kept.paths])
    assert (pixels[:] == wanted).all() and (pixels[1] == wanted[1]).all() and (pixels[np.array([2, 0])] == wanted[[2, 0]]).all()
    assert pixels[np.array([], int)].shape == (0, 16, 16, 3)
    assert "TLTOOL_CACHE" in caplog.text
    return kept


def test_a_full_disk_means_decoding_on_the_fly_and_a_warning(tmp_path, folder, monkeypatch, caplog):
    samples = make(tmp_path, photo(0), photo(1), photo(2), photo(3), photo(4, "JPEG")[:-40])
    monkeypatch.setattr(shutil, "disk_usage", lambda path: namedtuple("Usage", "free")(1000))
    kept = is_streamed_correctly(samples, caplog)
    assert len(kept) == 4 and len(kept.faults) == 1 and not entries(folder)


def test_a_disk_that_fills_up_meanwhile_likewise(tmp_path, folder, monkeypatch, caplog):
    samples, real = make(tmp_path, *map(photo, range(4))), open

    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(
        cache_rows, "open", lambda path, mode="r", **rest: Full() if "w" in mode else real(path, mode, **rest), raising=False
    )
    is_streamed_correctly(samples, caplog)
    assert not entries(folder) and "No space left" in caplog.text


def test_a_cache_folder_that_cannot_be_made_likewise(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "file"))
    is_streamed_correctly(make(tmp_path, *map(photo, range(4))), caplog)


def test_streaming_never_takes_another_photo_for_the_one_that_was_listed(tmp_path, monkeypatch):
    monkeypatch.setenv("TLTOOL_CACHE_GB", "0")
    _, pixels = decode_once(samples := make(tmp_path, *map(photo, (0, 1, 2, 0))), 16, "crop")
    Path(samples.paths[1]).write_bytes(photo(7))
    Path(samples.paths[0]).unlink()
    assert (pixels[0] == decode(photo(0), 16, "crop")).all(), "from its copy"
    with pytest.raises(DataError, match=r"stay as they were.*has changed since it was listed"):
        pixels[:2]


def test_a_budget_that_is_too_small_means_decoding_on_the_fly_and_a_warning(tmp_path, folder, monkeypatch, caplog):
    monkeypatch.setenv("TLTOOL_CACHE_GB", "0.000001")
    is_streamed_correctly(make(tmp_path, *map(photo, range(4))), caplog)
    assert not entries(folder)
    assert re.search(r"the cache may hold 1 kB, of which \d kB must stay; TLTOOL_CACHE_GB sets another limit", caplog.text)


def test_a_folder_that_grew_decodes_only_what_is_new(tmp_path, decoded, folder):
    decode_once(make(tmp_path, *map(photo, range(6))), 16, "crop")
    decoded.clear()
    samples = make(tmp_path, *map(photo, (9, 5, 4, 3, 2, 1, 0, 8)))
    _, pixels = decode_once(samples, 16, "crop")
    assert len(decoded) == 2 and (pixels[:] == np.stack([decode(path, 16, "crop") for path in samples.paths])).all()
    decoded.clear()
    decode_once(samples, 17, "crop")
    assert len(decoded) == 8, "another size knows nothing of it"


def test_a_part_of_a_folder_decodes_nothing_and_takes_no_room(tmp_path, decoded, folder):
    decode_once(make(tmp_path, *map(photo, range(6))), 16, "crop")
    decoded.clear()
    (tmp_path / "part").mkdir()
    samples = make(tmp_path / "part", *map(photo, (5, 2, 0)))
    _, pixels = decode_once(samples, 16, "crop")
    assert not decoded and len(entries(folder)) == 1
    assert (pixels[:] == np.stack([decode(path, 16, "crop") for path in samples.paths])).all()


def test_faults_of_a_larger_folder_are_known_in_a_part_of_it(tmp_path, decoded):
    bad = photo(1, "JPEG")[:-40]
    decode_once(make(tmp_path, photo(0), photo(2), bad, photo(3)), 16, "crop")
    decoded.clear()
    (tmp_path / "part").mkdir()
    kept, _ = decode_once(make(tmp_path / "part", bad, photo(2), photo(0)), 16, "crop")
    assert len(kept) == 2 and "damaged" in kept.faults[0].reason and not decoded


def test_a_cache_that_can_only_be_read_serves_what_is_there_and_streams_the_rest(tmp_path, folder, decoded, monkeypatch, caplog):
    samples = make(tmp_path, *map(photo, range(4)))
    decode_once(samples, 16, "crop")
    decoded.clear()

    def refuse(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    for module, name in ((os, "utime"), (os, "rename"), (os, "mkdir"), (cache_rows.tempfile, "mkdtemp")):
        monkeypatch.setattr(module, name, refuse)
    assert (decode_once(samples, 16, "crop")[1][2] == decode(samples.paths[2], 16, "crop")).all() and not decoded
    monkeypatch.undo()
    monkeypatch.setenv("TLTOOL_CACHE", str(folder.parent))
    monkeypatch.setattr(cache_rows.tempfile, "mkdtemp", refuse)
    _, pixels = decode_once(make(tmp_path, *map(photo, (7, 8, 9))), 16, "crop")
    assert (pixels[1] == decode(photo(8), 16, "crop")).all() and "Read-only file system" in caplog.text


def test_large_squares_are_decoded_few_at_a_time(tmp_path, monkeypatch):
    begun, ahead, make_rows, make_row = [], [], cache_rows.make_rows, cache_rows.make_row

    def counting(sources, known, make, most):
        ahead.append(most)
        for taken, made in enumerate(make_rows(sources, known, make, most)):
            assert len(begun) <= taken + most + 1
            yield made

    monkeypatch.setattr(pixels_module, "AHEAD_BYTES", 64 * 64 * 3 * 5)
    monkeypatch.setattr(pixels_module, "cores", lambda: 1)
    monkeypatch.setattr(cache_rows, "make_row", lambda *of: begun.append(of[0]) or make_row(*of))
    monkeypatch.setattr(pixels_module, "make_rows", counting)
    decode_once(make(tmp_path, *map(photo, range(40))), 64, "crop")
    assert ahead == [5] and len(begun) == 40


def test_a_sample_stands_for_all_photos_and_the_cache_stays_as_it_was(photos, folder, decoded, monkeypatch):
    monkeypatch.setattr(pixels_module, "SAMPLE", 6)
    samples, sample = decode_sample(read_photos(photos, keep=False), 32, "crop")
    assert (len(samples), sample.shape, len(decoded)) == (120, (120, 32, 32, 3), 6)
    assert len({photo.tobytes() for photo in sample[np.arange(120)]}) == 6 and sample.ahead > 0
    assert not folder.parent.exists()


def test_what_the_cache_has_is_not_decoded_by_the_run_to_come(photos):
    samples, _ = decode_once(read_photos(photos), 16, "crop")
    assert decode_sample(samples, 16, "crop")[1].ahead == 0


def test_a_sample_of_which_no_photo_decodes_is_refused(photos, monkeypatch):
    def refuse(*_):
        raise DataError("is damaged")

    monkeypatch.setattr(pixels_module, "SAMPLE", 3)
    monkeypatch.setattr(decoder, "decode", refuse)
    with pytest.raises(DataError, match=r"Photos must decode\. Received: 3 of 120 that do not"):
        decode_sample(read_photos(photos, keep=False), 16, "crop")


def test_tiles_are_decoded_once_and_come_photo_after_photo(tmp_path, folder, monkeypatch):
    samples = make(tmp_path, photo(0), photo(1), photo(0))
    kept, pixels = decode_once(samples, 16, "pad", 2)
    wanted = np.concatenate([decoder.decode_tiled(path, 16, "pad", 2)[0] for path in samples.paths])
    assert len(kept) == 3 and pixels.shape == (15, 16, 16, 3) and (pixels[:] == wanted).all()
    assert (pixels[np.array([14, 2, 7])] == wanted[[14, 2, 7]]).all() and pixels.fit == "pad"
    assert pixels.contents[5:7] == [f"{samples.table['sha256'][1]}/0", f"{samples.table['sha256'][1]}/1"]
    monkeypatch.setattr(decoder, "decode_tiled", lambda *args: pytest.fail("a photo was decoded"))
    assert (decode_once(samples, 16, "pad", 2)[1][:] == wanted).all() and len(entries(folder)) == 1
    decode_once(samples, 16, "pad")
    assert len(entries(folder)) == 2


def test_tiles_are_decoded_again_where_the_cache_has_no_room_and_a_sample_stands_for_all(tmp_path, monkeypatch):
    samples = make(tmp_path, photo(0), photo(1))
    wanted = decode_once(samples, 16, "pad", 2)[1][:]
    _, sample = decode_sample(samples, 16, "pad", 2)
    assert (sample[:] == wanted).all() and sample.shape == (10, 16, 16, 3)
    monkeypatch.setenv("TLTOOL_CACHE", "/proc/nowhere")
    assert (decode_once(samples, 16, "pad", 2)[1][np.array([9, 0])] == wanted[[9, 0]]).all()
