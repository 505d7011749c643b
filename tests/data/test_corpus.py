"""The worst folder there is: every good photo is read rightly, everything else is named with its reason, and nothing is touched."""

import os
import re
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from corpus import Corpus, encoded, photos, picture, plant, smoothed, snapshot, without_privileges
from PIL import Image

from tltool.data.decoding.decoder import decode
from tltool.data.photos import read_photos
from tltool.data.pixels import decode_once
from tltool.data.reading.files import find_photos
from tltool.data.thumbnails import make_thumbnails

pytestmark = [pytest.mark.filterwarnings("ignore:::PIL"), pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("corpus")


@pytest.fixture(scope="module")
def corpus(root) -> Corpus:
    return plant(root)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "cache"))


def test_the_corpus_has_every_format_and_mode_in_eight_orientations():
    names = [name for name, _, _ in photos()]
    assert len(names) == len(set(names)) > 200


@pytest.mark.parametrize(("name", "pixels", "content"), [pytest.param(*one, id=one[0]) for one in photos()])
def test_every_photo_decodes_to_its_upright_picture(name, pixels, content):
    seen = decode(content)
    assert seen.shape == pixels.shape
    assert np.abs(smoothed(seen) - smoothed(pixels)).mean() <= 3


def test_every_bad_file_is_named_with_its_reason_and_nothing_is_touched(root, corpus):
    before = snapshot(root)
    samples, seen = make_thumbnails(read_photos(root / "photos"))
    named = {os.path.basename(fault.path): fault.reason for fault in samples.faults}
    assert set(named) == set(corpus.bad)
    assert [name for name in named if not re.search(corpus.bad[name], named[name])] == []
    assert {os.path.basename(path) for path in samples.paths} == corpus.good
    assert len(seen.pixels) == len(seen.facts) == len(samples) and samples.ignored == {".heic": 1, ".txt": 1}
    assert all("\n" not in str(fault) and str(fault).isprintable() for fault in samples.faults)
    assert all(line.isprintable() for line in samples.layout.splitlines())
    assert snapshot(root) == before


def test_training_and_the_look_agree_on_what_is_bad(root, corpus):
    looked, _ = make_thumbnails(read_photos(root / "photos"))
    decoded, pixels = decode_once(read_photos(root / "photos"), 16, "crop")
    assert looked.paths == decoded.paths and sorted(looked.faults) == sorted(decoded.faults) and len(pixels) == len(looked)


def test_prediction_finds_the_same_photos(root, corpus):
    found, faults = find_photos(root / "photos")
    names = {os.path.basename(path) for path in found}
    assert corpus.good <= names and {os.path.basename(fault.path) for fault in faults} | names >= set(corpus.bad)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no permissions to take away")
def test_files_and_folders_without_permission_are_named():
    root = Path(tempfile.mkdtemp(prefix="tltool-locked-", dir="/tmp"))  # pytest's own folders are closed to others
    try:
        for i, name in enumerate(("cat/1", "cat/2", "cat/locked.png", "dog/3", "dog/closed/4")):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(encoded(Image.fromarray(picture(i)), "PNG"))
        root.chmod(0o755)
        (root / "cat/locked.png").chmod(0)
        (root / "dog/closed").chmod(0)
        with without_privileges():
            samples, _ = make_thumbnails(read_photos(root))
        named = {os.path.basename(fault.path): fault.reason for fault in samples.faults}
        assert named == dict.fromkeys(("locked.png", "closed"), "cannot be opened: Permission denied") and len(samples) == 3
    finally:
        (root / "dog/closed").chmod(0o755)
        shutil.rmtree(root)
