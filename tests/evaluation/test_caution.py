"""Sets and none of these, asked of runs and of exported files: worked out, carried, applied, or refused in one sentence."""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import pytest
from PIL import Image

from tltool.data.predictions import predictions_table, write_predictions
from tltool.data.samples import Samples
from tltool.errors import ExportError, RunError, SpecError
from tltool.evaluation.answers import answer
from tltool.evaluation.caution import Caution, be_cautious
from tltool.evaluation.predictors import Predictor
from tltool.evaluation.trust import trust_in
from tltool.runs import Run
from tltool.runs.trust import SetLimit, Threshold

CLASSES = ["ant", "bee", "cow"]


def validated(folder: Path, n: int, task: str = "classify") -> Run:
    """A finished run whose i-th of n answers is the surer the larger i is, and wrong in the first tenth."""
    run = Run.create(folder / "run", "scratch", {}, size=8, fit="crop", classes=CLASSES, task=task)
    run.note(state="finished")
    (run.path / "model.keras").touch()
    sure = np.linspace(0.4, 0.9, n)
    table = {"path": [f"{i}.png" for i in range(n)], "sha256": "", "group": "", "split": "validation"}
    labels = ["ant" if i >= n // 10 else "bee" for i in range(n)]
    samples = Samples(pandas.DataFrame({**table, "label": labels}), CLASSES)
    write_predictions(
        predictions_table(samples, np.column_stack([sure, (1 - sure) * 2 / 3, (1 - sure) / 3]), {}), run.path / "validation.csv"
    )
    return run


def predictor_of(**more: object) -> Predictor:
    """Answers with the mean brightness of a photo as the probability of the first class, and shares the rest 2 : 1."""

    def scores(photos: np.ndarray) -> np.ndarray:
        p = photos.mean(axis=(1, 2, 3)) / 255
        return np.column_stack([p, (1 - p) * 2 / 3, (1 - p) / 3]).astype("float32")

    return Predictor(CLASSES, 8, "crop", scores, **more)


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    for value in (40, 160, 250):
        Image.new("RGB", (8, 8), (value,) * 3).save(tmp_path / f"{value}.png")
    return [tmp_path / f"{value}.png" for value in (40, 160, 250)]


def test_who_asks_for_nothing_reads_nothing() -> None:
    assert be_cautious("gone", predictor_of(), None, False, None) == Caution()


def test_a_run_says_what_its_validation_photos_say(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    run = validated(tmp_path, 100)
    with caplog.at_level(logging.INFO, "tltool"):
        found = be_cautious(run.path, predictor_of(), 0.9, True, None)
    assert found.n == 100 and found.sets.coverage == 0.9
    assert found.answers.target_precision == 0.95 and found.answers.precision >= 0.95 > 0.9
    assert (found.answers.threshold, found.answers.coverage) == pytest.approx((0.4 + 0.5 * 8 / 99, 0.92))
    assert (
        "by 100 validation photos. Of photos like those, a share 0.9 of the sets holds the right class (split-conformal, alpha 0.1): on"
        in caplog.text
    )
    assert "is unsure. Of 100 validation photos, a share 0.920 is answered, and 0.978 of these answers are right: the target" in caplog.text
    assert caplog.text.count("chose the weights") == 2
    assert be_cautious(run.path, predictor_of(), None, False, 0.98).answers.target_precision == 0.98  # which asks for --reject


def test_an_exported_file_says_what_it_carries(tmp_path: Path) -> None:
    run = validated(tmp_path, 100)
    exported = predictor_of(trust=trust_in(run).content)
    for coverage, precision in ((0.8, 0.9), (0.9, 0.95), (0.95, 0.98)):
        assert be_cautious("m.tflite", exported, coverage, False, precision) == be_cautious(
            run.path, predictor_of(), coverage, False, precision
        )
    with pytest.raises(
        SpecError, match=r"--set must be a share that an exported file knows: 0.8, 0.9, 0.95, 0.99. Received: 0.85, of m.tflite."
    ):
        be_cautious("m.tflite", exported, 0.85, False, None)
    with pytest.raises(SpecError, match=r"knows: none, as it had too few"):
        be_cautious("m.tflite", predictor_of(trust={"n": 3}), None, True, None)


def test_too_few_validation_photos_are_one_sentence(tmp_path: Path) -> None:
    run = validated(tmp_path, 8)
    with pytest.raises(
        SpecError, match=r"^--set 0.9 must rest on 9 validation photos or more. Received: 8 validation photos in .* ask for a smaller"
    ):
        be_cautious(run.path, predictor_of(), 0.9, True, None)
    with pytest.raises(
        SpecError, match=r"^--target-precision 0.95 must be reached by the surest 19 validation photos or more. Received: 8 valid"
    ):
        be_cautious(run.path, predictor_of(), None, True, None)
    assert trust_in(run).content == {"n": 8, "sets": [{"coverage": 0.8, "least": pytest.approx(0.4)}], "thresholds": []}


def test_who_knows_nothing_of_validation_photos_says_so(tmp_path: Path) -> None:
    run = validated(tmp_path, 50)
    with pytest.raises(SpecError, match=r"--set must be asked of a model that names one class per photo. Received: .*, of --task detect"):
        be_cautious(run.path, predictor_of(task="detect"), 0.9, True, None)
    with pytest.raises(
        ExportError, match=r"Received: m\.tflite, without it\. Export a run that has its validation\.csv, or give the run\."
    ):
        be_cautious("m.tflite", predictor_of(), None, True, None)
    with pytest.raises(ExportError, match=r"^An export must say what is known .* Received: n: .* in m\.onnx\."):
        be_cautious("m.onnx", predictor_of(trust={"n": "many"}), None, True, None)
    table = (run.path / "validation.csv").read_text()
    for damage in ("nan", "-0.5", "2e9"):
        (run.path / "validation.csv").write_text(table.replace('"0.4"', f'"{damage}"'))
        with pytest.raises(RunError, match=r"^validation\.csv must hold probabilities\. Received: .* with others"):
            be_cautious(run.path, predictor_of(), 0.9, False, None)
    (run.path / "validation.csv").unlink()
    with pytest.raises(
        RunError, match=r"without it\. An earlier tltool wrote none, and a tracker is given none: give the run itself, or train it again"
    ):
        be_cautious(run.path, predictor_of(), 0.9, False, None)
    assert trust_in(run) is None


def test_answers_are_held_back_and_sets_named(photos: list[Path]) -> None:
    sets = SetLimit(coverage=0.9, least=0.2)
    given = Threshold(target_precision=0.95, threshold=0.7, precision=0.96, coverage=0.5)
    found = answer(predictor_of(), photos, None, Caution(50, sets, given))
    assert [one.reasons for one in found.answers] == [["unsure"], ["unsure"], []]
    assert [[name for name, _ in one.fitting] for one in found.answers] == [["bee", "cow"], ["ant", "bee"], ["ant"]]
    (table,) = found.said()
    assert table.columns == ("photo", "class", "probability", "set")
    assert [row[1:] for row in table.rows][::2] == [("none of these: unsure", "0.562", "bee, cow"), ("ant", "0.980", "ant")]
    first, _, last = found.records()
    assert (first["label"], first["rejected"], last["label"], last["rejected"]) == (None, ["unsure"], "ant", [])
    assert first["set"] == [{"label": "bee", "probability": 0.562092}, {"label": "cow", "probability": 0.281046}]
    assert found.csv().splitlines()[:2] == [
        '"path","rank","label","probability","error","rejected","set"',
        f'"{photos[0]}","1","","0.562092","","unsure","[""bee"", ""cow""]"',
    ]


def test_what_is_as_probable_as_the_threshold_is_answered_and_a_set_may_be_empty(photos: list[Path]) -> None:
    given = Threshold(target_precision=0.95, threshold=float(np.float32(250 / 255)), precision=1.0, coverage=0.1)
    (one,) = answer(predictor_of(), photos[2:], None, Caution(50, SetLimit(coverage=0.5, least=0.99), given)).answers
    assert one.reasons == [] and one.fitting == [] and one.rest == "–"
    assert replace(one, fitting=None, reasons=None).as_dict().keys() == {"path", "label", "probability", "top"}
