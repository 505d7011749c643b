"""Names that would rename a terminal's window, turn text around or forge lines: no command hands them to the terminal."""

import csv
import io
import json
import os
import re
import shutil
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from tltool.cli.main import tltool

EVIL = "\x1b]0;x\x07\x9b31m\u202egpj\u2066\u200b[bold]\n\udcff"  # in names of files
TEXT = EVIL.replace("\udcff", "\ud800")  # in JSON, which may hold half a character
LINE = EVIL.partition("\n")[0]  # in formats that hold lines of UTF-8
ALLOWED = {"\n"}


def offers(text: str) -> set[str]:
    """What of ``text`` a terminal would act on, or not show."""
    return {sign for sign in text if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - ALLOWED


def call(*words: object, code: int | None = None, stdin: bytes = b"") -> Result:
    """A command in this process; nothing on its two streams may act, and it may not end in a traceback."""
    done = CliRunner().invoke(tltool, list(map(str, words)), input=stdin)
    said = done.stdout_bytes.decode("utf-8", "surrogateescape"), done.stderr_bytes.decode("utf-8", "surrogateescape")
    assert done.exception is None or isinstance(done.exception, SystemExit), (words, done.exc_info)
    if "--csv" not in words:
        assert not [offers(text) for text in said if offers(text)], (words, said)
    assert code is None or done.exit_code == code, (words, said)
    return done


def write_photos(folder: Path, classes: tuple[str, ...] = ("hat", "pants"), each: int = 8) -> Path:
    """Noise in two levels of grey, with a file that is no photo and one of an unknown kind in each class."""
    random = np.random.default_rng(0)
    for level, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for number in range(each):
            noise = random.integers(0, 80, (20, 20, 3)) + 120 * level
            Image.fromarray(noise.astype("uint8")).save(folder / name / f"{EVIL}{number}.png")
        (folder / name / f"bad{EVIL}.jpg").write_bytes(b"no photo")
        (folder / name / f"x.{EVIL}").write_bytes(b"no photo")
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The working folder of the commands."""
    before, folder = Path.cwd(), tmp_path_factory.mktemp("outside")
    os.chdir(folder)
    yield folder
    os.chdir(before)


@pytest.fixture(scope="module")
def evil_photos(place: Path) -> Path:
    return write_photos(place / f"photos{EVIL}")


@pytest.fixture(scope="module")
def evil_run(place: Path, evil_photos: Path) -> Path:
    """A run in a folder of an evil name on photos of evil names."""
    run = place / f"run{EVIL}"
    call("scratch", "--data", evil_photos, "--out", run, "--epochs", 1, "--size", 16, "--filters", 4, code=0)
    return run


@pytest.fixture(scope="module")
def foreign_run(place: Path, evil_run: Path) -> Path:
    """The same run under a name that native libraries take, with classes of evil names in all of its files."""
    run = place / "foreign"
    shutil.copytree(evil_run, run)
    for file in (run / name for name in ("run.json", "report.json", "split.csv", "predictions.csv", "validation.csv", "labels.txt")):
        text = file.read_bytes()
        for name in ("hat", "pants"):
            new = json.dumps(f"{name}{LINE}")[1:-1] if file.suffix == ".json" else f"{name}{LINE}"
            text = re.sub(rf'(?m)("|_|^){name}("|$)'.encode(), lambda found, new=new: found[1] + new.encode() + found[2], text)
        file.write_bytes(text)
    return run


@pytest.fixture(scope="module")
def foreign_exports(foreign_run: Path) -> Path:
    call("export", foreign_run, "--format", "tflite", "--precision", "float32", "--max-drop", 1, code=0)
    return foreign_run / "exports"


def test_photos_of_evil_names_are_checked(place: Path, evil_photos: Path) -> None:
    said = call("check", evil_photos, "--report", place / f"{EVIL}.html", "--write-clean", place / f"{EVIL}.csv", code=0)
    assert r"bad\x1b]0;x\x07" in said.stdout
    call("check", evil_photos, "--json", code=0)
    call("check", place / f"{EVIL}.csv")


def test_photos_of_evil_names_are_told_to_people_and_are_exact_for_machines(evil_run: Path, evil_photos: Path) -> None:
    photos = {str(photo) for photo in evil_photos.rglob("*.png")}
    call("predict", evil_run, evil_photos, code=1)
    found = [json.loads(line) for line in call("predict", evil_run, evil_photos, "--json", code=1).stdout.splitlines()]
    assert {answer["path"] for answer in found if "label" in answer} == photos
    text = call("predict", evil_run, evil_photos, "--csv", code=1).stdout_bytes.decode("utf-8", "surrogateescape")
    assert {row["path"] for row in csv.DictReader(io.StringIO(text, newline="")) if row["label"]} == photos
    call("predict", evil_run, f"gone{EVIL}", code=1)


def test_a_list_on_standard_input_may_name_files_that_are_no_utf_8(evil_run: Path, tmp_path: Path) -> None:
    photo = tmp_path / "caf\udce9\x0b\u2028.png"
    Image.new("RGB", (20, 20)).save(photo)
    said = call("predict", evil_run, "-", "--json", stdin=os.fsencode(photo) + b"\n", code=0).stdout
    assert json.loads(said)["path"] == str(photo)


@pytest.mark.parametrize(
    "words",
    [
        ("evaluate", "{run}"),
        ("evaluate", "{run}", "--data", "{photos}"),
        ("describe", "{run}"),
        ("describe", "{run}", "--layers"),
        ("verify", "{run}"),
        ("scratch", "--resume", "{run}"),
        ("scratch", "--from", "{run}", "--dry-run", "--out", "o{evil}"),
        ("copy", "scratch", "--from", "{run}"),
        ("visualize", "{run}", "{photos}/hat/{evil}0.png", "--out", "v{evil}"),
        ("finetune", "--data", "{photos}", "--backbone", "{run}", "--dry-run", "--out", "f{evil}"),
        ("export", "{run}"),
        ("compare", "--data", "{photos}", "--out", "{run}"),
        ("scratch", "--data", "{photos}", "--out", "{run}"),
        ("scratch", "--data", "{photos}", "--out", "{photos}/in"),
        ("scratch", "--data", "{photos}", "--out", "s", "--split", "{run}/split.csv", "--size", 0),
        ("scratch", "--data", "{photos}", "--out", "s", "--split", "{run}/run.json"),
        ("cache",),
        ("cache", "--verify"),
        ("runs", "."),
        ("runs", ".", "--json"),
        ("runs", "{run}"),
    ],
)
def test_a_run_of_an_evil_name_can_be_used(words: tuple[str, ...], evil_run: Path, evil_photos: Path) -> None:
    call(*(str(word).format(run=evil_run, photos=evil_photos, evil=EVIL) for word in words))


@pytest.mark.parametrize(
    "words",
    [
        (EVIL,),
        ("describe", EVIL),
        ("describe", f"--{EVIL}"),
        ("predict", EVIL, EVIL),
        ("predict", "a", "b", f"--top={EVIL}"),
        ("backbones", EVIL),
        ("backbones", EVIL, EVIL),
        ("copy", EVIL),
        ("verify", EVIL),
        ("runs", EVIL),
        ("runs", f"--sort={EVIL}"),
        ("benchmark", EVIL),
        ("signals", f"{EVIL}.npz"),
        ("finetune", "--data", EVIL),
        ("finetune", "--data", ".", "--backbone", EVIL),
        ("finetune", "--data", ".", "--backbone", f"hub:{EVIL}"),
        ("finetune", "--data", ".", "--backbone", f"hub:http://127.0.0.1:9/{EVIL}"),
        ("scratch", "--data", ".", "--conv", EVIL),
        ("scratch", "--data", ".", "--kernel-initializer", EVIL),
        ("check", EVIL),
        ("evaluate", EVIL),
        ("export", EVIL, "--format", EVIL),
    ],
)
def test_what_was_typed_wrongly_is_shown(words: tuple[str, ...], place: Path) -> None:
    assert call(*words).exit_code in (1, 2)


@pytest.mark.parametrize(
    "words",
    [
        ("predict", "{run}", "{photos}"),
        ("predict", "{run}", "{photos}", "--json"),
        ("predict", "{run}", "{photos}", "--csv"),
        ("evaluate", "{run}"),
        ("describe", "{run}"),
        ("visualize", "{run}", "--out", "vf"),
        ("benchmark", "{run}/report.json"),
        ("evaluate", "{run}", "--data", "{photos}"),
        ("finetune", "--data", "{photos}", "--backbone", "{run}", "--size", 0, "--out", "ff"),
    ],
)
def test_classes_of_evil_names_in_a_foreign_run_are_shown(words: tuple[str, ...], foreign_run: Path, evil_photos: Path) -> None:
    call(*(str(word).format(run=foreign_run, photos=evil_photos) for word in words))


def texts_in(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each text in a JSON value."""
    if isinstance(value, str):
        yield way
    elif isinstance(value, (dict, list)):
        for key, found in value.items() if isinstance(value, dict) else enumerate(value):
            yield from texts_in(found, (*way, key))


@pytest.mark.parametrize(
    "words",
    [
        ("describe", "foreign"),
        ("scratch", "--resume", "foreign"),
        ("scratch", "--from", "foreign", "--out", "{photos}/in"),
        ("copy", "scratch", "--from", "foreign"),
        ("scratch", "--data", "{photos}", "--out", "foreign", "--force", "--lr", "-1"),
    ],
)
def test_every_text_of_a_foreign_record_is_shown(
    words: tuple[str, ...], evil_run: Path, evil_photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "foreign").mkdir()
    record = json.loads((evil_run / "run.json").read_text(encoding="utf-8", errors="surrogateescape"))
    for *way, last in texts_in(record):
        changed = json.loads(json.dumps(record)) | ({"state": "unfinished", "size": 99} if "--resume" in words else {})
        inner = changed
        for key in way:
            inner = inner[key]
        inner[last] = TEXT
        (tmp_path / "foreign/run.json").write_text(json.dumps(changed))
        call(*(word.format(photos=evil_photos) for word in words))
        (tmp_path / "scratch.py").unlink(missing_ok=True)


def test_what_is_inside_of_a_foreign_model_is_shown(foreign_exports: Path, evil_photos: Path, tmp_path: Path) -> None:
    model, labels = foreign_exports / "model-float32.tflite", tmp_path / "labels.txt"
    for how in ((), ("--json",), ("--csv",)):
        said = call("predict", model, evil_photos / "hat", *how, code=1)
        assert how or r"hat\x1b]0;x\x07\x9b31m\u202e" in said.stdout or r"pants\x1b]0;x" in said.stdout
    call("evaluate", model, "--data", evil_photos)
    call("verify", foreign_exports, code=0)
    (tmp_path / "bare.tflite").write_bytes(model.read_bytes().replace(b"TFLITE_METADATA", b"FORGET_METADATA").partition(b"PK\x03\x04")[0])
    for text in (f"a{LINE}\nb{LINE}\n", f"{TEXT.encode('utf-8', 'replace').decode()}\n", "a\n"):
        labels.write_text(text)
        call("predict", tmp_path / "bare.tflite", evil_photos / "hat", "--labels", labels)
        call("predict", model, evil_photos / "hat", "--labels", labels)


def test_every_text_of_a_foreign_card_is_shown(foreign_exports: Path, tmp_path: Path) -> None:
    exports = shutil.copytree(foreign_exports, tmp_path / "exports")
    for file in (exports / "model_card.json", next(exports.glob("testvectors/*.json"))):
        content = file.read_text()
        for *way, last in texts_in(json.loads(content)):
            changed = inner = json.loads(content)
            for key in way:
                inner = inner[key]
            inner[last] = TEXT
            file.write_text(json.dumps(changed))
            call("verify", exports)
        file.write_text(content)


def test_names_of_layers_are_shown(foreign_run: Path, tmp_path: Path) -> None:
    run = shutil.copytree(foreign_run, tmp_path / "run", ignore=shutil.ignore_patterns("exports"))
    with zipfile.ZipFile(foreign_run / "model.keras") as model, zipfile.ZipFile(run / "model.keras", "w") as changed:
        names = set(re.findall(r'"name": "(\w+)"', model.read("config.json").decode()))
        for member in model.namelist():
            text = model.read(member)
            for name in names if member == "config.json" else ():
                text = text.replace(f'"{name}"'.encode(), json.dumps(f"{name}{LINE}").encode())
            changed.writestr(member, text)
    for words in (
        ("describe", run),
        ("describe", run, "--layers"),
        ("predict", run, "."),
        ("visualize", run, "--out", tmp_path / "v"),
        ("benchmark", run / "model.keras"),
    ):
        call(*words)


def test_labels_of_signals_are_shown(place: Path) -> None:
    for labels in ([f"a{LINE}", "b"] * 4, ["a", "b"] * 4):
        np.savez(place / "signals.npz", x=np.zeros((8, 16, 1), "float32"), y=np.array(labels), **{LINE: np.zeros(2)})
        call("signals", place / "signals.npz", "--out", place / "signal-run", "--dry-run")
