"""Predicting: the same answers as were recorded, for files, folders and lists."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tltool import Run, SpecError, predict


@pytest.fixture(scope="module")
def mobile(exported: Path) -> Path:
    return exported / "model-int8.tflite"


def test_it_gives_the_recorded_probabilities(run: Run) -> None:
    table = run.predictions()
    answers = predict(run.path, tuple(map(Path, table["path"]))).answers
    assert [answer.top[0][0] for answer in answers] == list(table["predicted"])
    recorded = [max(row[f"p_{name}"] for name in run.classes) for _, row in table.iterrows()]
    assert [answer.top[0][1] for answer in answers] == pytest.approx(recorded, abs=1e-5)


def test_a_folder_is_every_photo_below_it(run: Run, photos: Path) -> None:
    assert len(predict(run.path, (photos / "hat", photos / "shoes")).answers) == 40


def test_a_file_that_is_no_photo_is_reported_and_the_rest_goes_on(run: Run, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "page.jpg").write_text("<html>")
    good = next((photos / "hat").iterdir())
    answers = predict(run.path, (tmp_path / "page.jpg", good, tmp_path / "gone.jpg"))
    assert [bool(answer.error) for answer in answers.answers] == [True, False, True]
    assert "page.jpg" in answers.answers[0].error and answers.exit_code == 1


def test_a_tflite_file_predicts_without_tensorflow_or_keras(mobile: Path, photos: Path) -> None:
    photo = next((photos / "shoes").iterdir())
    code = (
        "import sys; from pathlib import Path; from tltool import predict; "
        "a = predict(Path(sys.argv[1]), (Path(sys.argv[2]),), top=3); print(a.answers[0].top); "
        "print(sorted({'tensorflow', 'keras', 'pandas', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, mobile, photo], capture_output=True, text=True, check=True)
    top, loaded = done.stdout.splitlines()
    assert loaded == "[]" and "shoes" in top


def test_a_tflite_file_of_another_s_says_the_same_once_it_is_told_the_labels(mobile: Path, run: Run, photos: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.tflite"
    foreign.write_bytes(mobile.read_bytes().replace(b"TFLITE_METADATA", b"FORGET_METADATA").partition(b"PK\x03\x04")[0])
    shots = tuple(sorted((photos / "shoes").iterdir())[:3])
    ours = [answer.top[0] for answer in predict(mobile, shots).answers]
    numbered = [answer.top[0] for answer in predict(foreign, shots).answers]
    assert [(run.classes[int(name)], p) for name, p in numbered] == ours
    (tmp_path / "labels.txt").write_text("\n".join(run.classes))
    assert [answer.top[0] for answer in predict(foreign, shots, labels=tmp_path / "labels.txt").answers] == ours
    (tmp_path / "labels.txt").write_text("\n".join(run.classes[::-1]))
    with pytest.raises(SpecError, match="another order"):
        predict(mobile, shots, labels=tmp_path / "labels.txt")


def test_the_command_reads_paths_from_standard_input_and_writes_json_and_csv(mobile: Path, photos: Path) -> None:
    paths = [str(path) for path in sorted((photos / "hat").iterdir())[:3]]
    command = [sys.executable, "-m", "tltool", "predict", str(mobile), "-", "--top", "2"]
    lines = subprocess.run([*command, "--json"], input="\n".join(paths), capture_output=True, text=True, check=True).stdout.splitlines()
    assert [json.loads(line)["path"] for line in lines] == paths and len(json.loads(lines[0])["top"]) == 2
    text = subprocess.run([*command, "--csv"], input="\n".join(paths), capture_output=True, text=True, check=True).stdout
    assert [(row["path"], row["rank"]) for row in csv.DictReader(io.StringIO(text))] == [(p, str(r)) for p in paths for r in (1, 2)]
