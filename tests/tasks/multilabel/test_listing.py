from pathlib import Path

import pandas
import pytest
from PIL import Image

from tltool.data.photos import read_photos
from tltool.data.samples import Samples
from tltool.errors import DataError

SETS = [("dress",), ("hat",), ("dress", "hat"), ("hat", "shoes"), ("dress", "hat", "shoes"), ("shoes",), ("dress", "shoes"), ()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight photos, one for each of ``SETS``."""
    folder = tmp_path_factory.mktemp("photos")
    for i in range(len(SETS)):
        Image.new("RGB", (8, 8), (30 * i, 0, 90)).save(folder / f"{i}.png")
    return folder


def read(folder: Path, text: str, task: str = "auto") -> Samples:
    (folder / "list.csv").write_text(text)
    return read_photos(folder / "list.csv", task=task)


def listed(samples: Samples) -> dict[str, tuple[str, ...]]:
    return {Path(path).name: names for path, names in zip(samples.paths, samples.names, strict=True)}


EXPECTED = {f"{i}.png": names for i, names in enumerate(SETS)}


@pytest.mark.parametrize("mark", ["|", ";", ",", " ; "])
@pytest.mark.parametrize("column", ["labels", "label", "Labels"])
def test_several_labels_stand_in_one_cell(folder: Path, mark: str, column: str) -> None:
    text = f"path\t{column}\n" + "".join(f"{i}.png\t{mark.join(names)}\n" for i, names in enumerate(SETS))
    samples = read(folder, text)
    assert (samples.task, samples.classes, samples.faults) == ("multilabel", ["dress", "hat", "shoes"], [])
    assert listed(samples) == EXPECTED
    assert samples.table["label"][2] == "dress|hat"


def test_a_photo_may_be_listed_once_for_each_of_its_labels(folder: Path) -> None:
    samples = read(folder, "path,label\n" + "".join(f"{i}.png,{name}\n" for i, names in enumerate(SETS) for name in names))
    assert samples.task == "multilabel"
    assert listed(samples) == {path: names for path, names in EXPECTED.items() if names}


def test_every_label_may_have_a_column_of_its_own(folder: Path) -> None:
    names = ("dress", "hat", "shoes")
    bits = "".join(f"{i}.png,{','.join(str(int(name in its)) for name in names)},train\n" for i, its in enumerate(SETS))
    samples = read(folder, f"path,{','.join(names)},split\n{bits}")
    assert (samples.task, listed(samples)) == ("multilabel", EXPECTED)
    assert set(samples.table["split"]) == {"train"}


def test_a_data_frame_may_hold_lists_floats_and_truths(folder: Path) -> None:
    paths = [str(folder / f"{i}.png") for i in range(len(SETS))]
    lists = pandas.DataFrame({"path": paths, "labels": [list(names) for names in SETS]})
    assert listed(read_photos(lists)) == EXPECTED
    truths = pandas.DataFrame({"path": paths, "Hat": ["hat" in names for names in SETS], "shoes": [float("shoes" in its) for its in SETS]})
    assert read_photos(truths).classes == ["Hat", "shoes"]


def test_what_was_decided_is_said_with_the_reason_and_how_to_say_otherwise(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    read(folder, "path\tlabel\n" + "".join(f"{i}.png\t{';'.join(names)}\n" for i, names in enumerate(SETS)))
    said = caplog.text
    assert "taken for --task multilabel, because many of its cells hold several labels, with ; between them" in said
    assert "say --task classify" in said
    assert "with none of these labels: 1 photo" in said


@pytest.mark.parametrize(
    "text",
    [
        "path,label\n" + "".join(f"{i}.png,{'cat' if i % 2 else 'dog'}\n" for i in range(8)),
        "path\tlabel\n" + "".join(f"{i}.png\t{('dog, small', 'dog, large', 'cat, small', 'cat, large')[i % 4]}\n" for i in range(8)),
        "path\tlabel\n" + "".join(f"{i}.png\t{('tench, Tinca tinca', 'goldfish, Carassius auratus')[i % 2]}\n" for i in range(8)),
        "path,label\n" + "".join(f"{i}.png,{'cat' if i % 2 else 'dog'}\n" for i in range(8)) + "1.png,dog\n",
    ],
    ids=["plain", "names with commas", "Latin names", "one slip"],
)
def test_one_class_for_each_photo_stays_one(folder: Path, text: str) -> None:
    assert read(folder, text).task == "classify"


def test_the_user_has_the_last_word(folder: Path) -> None:
    text = "path\tlabel\n" + "".join(f"{i}.png\t{';'.join(names) or 'none'}\n" for i, names in enumerate(SETS))
    assert "dress;hat" in read(folder, text, "classify").classes
    assert read(folder, "path,label\n0.png,cat\n1.png,dog\n", "multilabel").task == "multilabel"


def test_a_label_that_would_break_a_cell_is_refused(folder: Path) -> None:
    with pytest.raises(DataError, match=r"without \|.*red\|blue"):
        read(folder, "path,red|blue,hat\n0.png,1,0\n1.png,0,1\n")
    frame = pandas.DataFrame({"path": [str(folder / "0.png")], "labels": [["two\nlines", "a"]]})
    with pytest.raises(DataError, match="one line"):
        read_photos(frame)


def test_a_column_that_holds_something_else_is_named(folder: Path) -> None:
    with pytest.raises(DataError, match=r"640.*width"):
        read(folder, "path,hat,width\n0.png,1,640\n1.png,0,480\n", "multilabel")
    with pytest.raises(DataError, match="columns path and label"):
        read(folder, "path,hat,width\n0.png,1,640\n1.png,0,480\n")


def test_a_label_that_no_photo_has_is_left_out_and_said(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert read(folder, "path,hat,shoes,veil\n0.png,1,1,0\n1.png,0,1,0\n").classes == ["hat", "shoes"]
    assert "veil" in caplog.text


def test_class_folders_give_a_photo_one_class_whatever_is_asked(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (8, 8), "red").save(tmp_path / name / "1.png")
    with pytest.raises(DataError, match="--task multilabel must go with a CSV or a DataFrame"):
        read_photos(tmp_path, task="multilabel")
    assert read_photos(tmp_path).task == "classify"
