"""One kind of value that turns photos into outputs."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest

from tltool.errors import RunError, SpecError
from tltool.evaluation.predictors import Predictor, open_predictor, predict_photos, predictor_of, quickened, run_of
from tltool.models.assembly import assemble
from tltool.models.saving.store import save_model
from tltool.models.stack.conv_stack import build_stack
from tltool.runs import Report, Run
from tltool.specs import ConvStack, Head
from tltool.tasks.classify.measures import measure


def first_pixel() -> Predictor:
    """Says of each photo its first red value, as the probability of the first class."""

    def scores(photos: np.ndarray) -> np.ndarray:
        seen.append(len(photos))
        return np.stack([photos[:, 0, 0, 0] / 255, 1 - photos[:, 0, 0, 0] / 255], axis=1).astype("float32")

    seen: list[int] = []
    predictor = Predictor(["a", "b"], 2, "crop", scores, model=seen)
    return predictor


@pytest.mark.parametrize(("n", "batches"), [(70, [32, 32, 6]), (32, [32]), (1, [1]), (0, [])])
def test_photos_are_predicted_once_each_in_the_order_of_the_rows(n: int, batches: list[int]) -> None:
    pixels = np.arange(100, dtype="uint8").reshape(100, 1, 1, 1) * np.ones((1, 2, 2, 3), "uint8")
    rows, predictor = np.random.default_rng(0).permutation(100)[:n], first_pixel()
    found = predict_photos(predictor, pixels, rows)
    assert found.shape == (n, 2) and predictor.model == batches
    np.testing.assert_allclose(found[:, 0] * 255, rows, atol=1e-4)


def test_a_keras_model_is_a_predictor_of_pixels() -> None:
    model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.GlobalAveragePooling2D(), keras.layers.Softmax()])
    predictor, photos = predictor_of(model, ["r", "g", "b"], "pad"), np.full((2, 4, 4, 3), 255, "uint8")
    assert (predictor.size, predictor.fit, predictor.model) == (4, "pad", model)
    np.testing.assert_allclose(predictor.scores(photos), 1 / 3, rtol=1e-6)


def test_many_photos_are_answered_by_litert_as_keras_answers_them(monkeypatch: pytest.MonkeyPatch) -> None:
    model = assemble(build_stack(ConvStack(filters=(8, 8)), (16, 16, 3), 0), Head(), ["a", "b"], 0)
    predictor, photos = predictor_of(model, ["a", "b"], "crop"), np.random.default_rng(0).integers(0, 256, (9, 16, 16, 3), "uint8")
    quick = quickened(predictor, 5000)
    assert quick.scores is not predictor.scores and quickened(predictor, 9) is predictor
    expected = predictor.scores(photos)
    monkeypatch.setattr(model, "predict_on_batch", lambda *_: pytest.fail("Keras was asked"))
    np.testing.assert_allclose(quick.scores(photos), expected, atol=1e-5)
    file = replace(predictor, model=None)
    assert quickened(file, 5000) is file


def test_a_device_that_does_not_hold_a_batch_gets_smaller_ones_and_gives_the_same_answers() -> None:
    def scores(photos: np.ndarray, most: int) -> np.ndarray:
        if len(photos) > most:
            raise MemoryError
        return photos.reshape(len(photos), -1)[:, :2].astype("float32")

    pixels, rows = np.random.default_rng(0).integers(0, 256, (70, 4, 4, 3), "uint8"), np.arange(69, 0, -1)
    ample, short = (Predictor(["a", "b"], 4, "crop", partial(scores, most=most)) for most in (100, 5))
    found = predict_photos(ample, pixels, rows)
    assert found.shape == (69, 2) and np.array_equal(found, predict_photos(short, pixels, rows))
    assert predict_photos(short, pixels, rows[:0]).shape == (0, 2)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = Run.create(tmp_path / "run", "scratch", {}, size=16, fit="stretch", classes=["a", "b"])
    save_model(assemble(build_stack(ConvStack(filters=(2,)), (16, 16, 3), 0), Head(), ["a", "b"], 0), run.path / "model.keras")
    return run.finish(Report(**measure(np.array([0]), np.array([[1.0, 0.0]]), ["a", "b"], "test")))


def test_a_run_opens_as_a_predictor_of_its_own_size_and_fit(run: Run) -> None:
    predictor = open_predictor(run.path)
    assert (predictor.classes, predictor.size, predictor.fit) == (["a", "b"], 16, "stretch")
    np.testing.assert_allclose(predictor.scores(np.zeros((3, 16, 16, 3), "uint8")).sum(axis=1), 1, atol=1e-6)


def test_an_unfinished_run_another_file_and_nothing_at_all_are_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"x")
    run.note(state="unfinished")
    for trained, words in (
        (run.path, "must be finished"),
        (tmp_path / "photo.png", "folder of a run, or a .tflite or .onnx file"),
        (tmp_path / "nothing", "holds run.json"),
    ):
        with pytest.raises(RunError, match=words):
            open_predictor(trained)


def test_a_tflite_file_among_the_exports_belongs_to_its_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (run.path / "exports").mkdir()
    assert run_of(run.path / "exports" / "model-int8.tflite").path == run_of(run.path / "exports" / "model.onnx").path == run.path
    assert run_of(run.path) == run
    monkeypatch.chdir(run.path / "exports")
    assert run_of(Path("model-int8.tflite")).path == run.path


@pytest.mark.parametrize("place", ["elsewhere/model.tflite", "run/model.tflite", "run/copies/model.onnx"])
def test_a_file_elsewhere_asks_for_photos(run: Run, tmp_path: Path, place: str) -> None:
    with pytest.raises(RunError, match=rf"--data for a {Path(place).suffix} file outside its run. Received: .*{place}"):
        run_of(tmp_path / place)


@pytest.mark.parametrize("name", ["run", "model.onnx"])
@pytest.mark.parametrize("said", [{"labels": Path("labels.txt")}, {"scaling": "unit"}])
def test_labels_and_scaling_are_for_tflite_files_only(tmp_path: Path, name: str, said: dict) -> None:
    with pytest.raises(SpecError, match=r"must go with a \.tflite file; others know their own\. Received: "):
        open_predictor(tmp_path / name, **said)


def test_a_saved_model_is_told_from_a_run_and_the_command_that_helps_is_named(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").touch()
    with pytest.raises(RunError, match=r"a SavedModel, .* Give the run it was exported from, or what `tltool export RUN --format tflite`"):
        open_predictor(tmp_path)


@pytest.mark.parametrize("answer", [np.nan, np.inf])
def test_answers_that_are_no_numbers_are_refused(answer: float) -> None:
    broken = Predictor(["a", "b"], 8, "crop", lambda photos: np.full((len(photos), 2), answer, "float32"))
    with pytest.raises(RunError, match="answer with numbers"):
        predict_photos(broken, np.zeros((3, 8, 8, 3), "uint8"), np.arange(3))
