"""What version 0.1.0 wrote (``make.py`` says how): its runs, exports and cache are read by every command of today."""

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from tltool import data, describe, evaluate, export, models, predict, verify, visualize  # noqa: E402
from tltool.data.cache.inventory import clear_cache, take_stock  # noqa: E402
from tltool.data.predictions import read_predictions  # noqa: E402
from tltool.data.thumbnails import make_thumbnails  # noqa: E402
from tltool.errors import RunError  # noqa: E402
from tltool.runs import Run  # noqa: E402
from tltool.specs import Backbone  # noqa: E402
from tltool.training import photo_features  # noqa: E402

HERE = Path(__file__).parent
CLASSES = ["circles", "crosses", "squares"]
GRAPHS = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="hub modules and exports are TensorFlow graphs")
RUNS = ["finetune", "scratch", pytest.param("hub", marks=GRAPHS)]
COLUMNS = [f"p_{name}" for name in CLASSES]


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the photos, the runs on them, and the cache of before, which is the cache."""
    for archive in HERE.glob("*.tar.xz"):
        with tarfile.open(archive) as packed:
            packed.extractall(tmp_path, filter="data")
    for table in tmp_path.glob("*/*.csv"):
        table.write_text(table.read_text().replace('"/photos/', f'"{tmp_path}/photos/'))
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "cache"))
    return tmp_path


def records(old: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in old.glob("*/*.json")}


@pytest.mark.parametrize("name", ["finetune", "scratch", "hub"])
def test_a_run_opens_and_says_what_it_is(old: Path, name: str) -> None:
    run, raw = Run(old / name), json.loads((old / name / "run.json").read_text())
    assert "format" not in raw and "kind" not in raw
    assert (run.record.format, run.record.kind, run.record.fit, run.record.size) == (1, "photo", "crop", 32)
    assert run.classes == CLASSES and run.typed == raw["typed"] and run.resolved == raw["resolved"]
    assert run.report().n == 12 == len(run.predictions()) and len(run.history())
    assert run.report().content == json.loads((old / name / "report.json").read_text())
    assert "on 12 test photos" in " ".join(map(str, run.said()))


@pytest.mark.parametrize("name", RUNS)
def test_a_run_answers_as_it_did(old: Path, name: str) -> None:
    before, run = records(old), Run(old / name)
    for measured in (evaluate(run.path, photos=old / "photos" / "test"), evaluate(run.path)):
        now, then = (table.sort_values("path")[COLUMNS].to_numpy() for table in (measured.predictions, run.predictions()))
        np.testing.assert_allclose(now, then, atol=1e-4)
    assert measured.report.accuracy == run.report().accuracy
    photos = sorted((old / "photos" / "test").rglob("*.*g"))
    assert [answer.top[0][0] for answer in predict(run.path, photos).answers] == run.predictions().sort_values("path")["predicted"].tolist()
    assert records(old) == before


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_described_and_drawn(old: Path, name: str) -> None:
    assert str(Run(old / name).model().count_params()) in " ".join(map(str, describe(old / name).said())).replace(",", "")
    if name != "hub":
        assert visualize(old / name, out=old / "sheets").sheets


@GRAPHS
def test_a_hub_layer_is_found_in_a_process_that_has_loaded_nothing(old: Path) -> None:
    photo = old / "photos" / "test" / "squares" / "0.png"
    program = f"import tltool; print(tltool.predict({str(old / 'hub')!r}, {str(photo)!r}).answers[0].top[0][0])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    said = Run(old / "hub").predictions().set_index("path")["predicted"][str(photo)]
    assert done.stdout.strip() == said


@pytest.mark.parametrize("name", ["finetune", "scratch"])
def test_a_run_is_the_backbone_of_the_next(old: Path, name: str) -> None:
    assert models.open_backbone(Backbone(name=str(old / name)), 32).name == "backbone"


@GRAPHS
def test_exports_are_verified_answer_as_they_did_and_stand_beside_new_ones(old: Path) -> None:
    exports = old / "finetune" / "exports"
    assert verify(exports).exit_code == 0
    run = Run(old / "finetune")
    measured = evaluate(exports / "model-float32.tflite", photos=old / "photos" / "test")
    now, then = (table.sort_values("path")[COLUMNS].to_numpy() for table in (measured.predictions, run.predictions()))
    np.testing.assert_allclose(now, then, atol=1e-4)
    export(run.path, precision=("float16",))
    files = {model["file"] for model in json.loads((exports / "model_card.json").read_text())["artefacts"]}
    assert files == {"model-float32.tflite", "model-int8.tflite", "model-float16.tflite", "saved_model"}
    assert verify(exports).exit_code == 0


@GRAPHS
@pytest.mark.parametrize("name", ["scratch", "hub"])
def test_a_run_is_exported(old: Path, name: str) -> None:
    export(old / name)
    assert verify(old / name).exit_code == 0


def test_an_interrupted_run_is_refused_in_one_sentence_and_stays_as_it_is(old: Path) -> None:
    run = Run(old / "interrupted")
    before = {file: file.read_bytes() for file in run.path.iterdir()}
    with pytest.raises(RunError) as error:
        run.resume()
    assert str(error.value) == (
        f"A run must go on with the tltool that began it. Received: {run.path / 'run.json'}, from an earlier one (format 1; this one "
        f"writes 2). Go on with that one, or start anew with --from {run.path}."
    )
    assert {file: file.read_bytes() for file in run.path.iterdir()} == before


def test_a_cache_of_before_gives_what_is_computed_anew(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = data.read_photos(old / "photos")
    backbone = models.open_backbone(Backbone(name=str(old / "scratch")), 32)

    def everything() -> list[np.ndarray]:
        _, pixels = data.decode_once(samples, 32, "crop")
        _, thumbnails = make_thumbnails(samples)
        return [pixels[np.arange(len(samples))], np.asarray(thumbnails.pixels), photo_features(backbone, pixels)]

    with_the_old = everything()
    monkeypatch.setenv("TLTOOL_CACHE", str(old / "new"))
    for found, expected in zip(with_the_old, everything(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_cache_of_before_is_listed_and_cleared(old: Path) -> None:
    assert len(list(take_stock(verify=True).records())) >= 5
    clear_cache()
    assert not [file for file in (old / "cache").rglob("*") if file.is_file()]


def test_predictions_are_read_as_they_were_written(old: Path) -> None:
    assert read_predictions(old / "hub" / "predictions.csv")[COLUMNS].sum(axis=1).between(0.999, 1.001).all()
