"""The whole way of several labels, on collages of real photos with real weights: small, so the numbers are far from what is possible."""

import json
from pathlib import Path

import numpy as np
import pandas
import pytest
import real_data

from benchmarks.multilabel import make_collages
from tltool import (
    Backbone,
    DataError,
    GateError,
    Photos,
    Run,
    check,
    compare,
    describe,
    evaluate,
    export,
    finetune,
    predict,
    scratch,
    verify,
    visualize,
)
from tltool.runtimes.litert import read_facts
from tltool.specs import ConvStack, Training

PARTS = {"train": 160, "validation": 60, "test": 60}


@pytest.fixture(scope="module")
def collages(clothing: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_collages(clothing, tmp_path_factory.mktemp("collages"), PARTS, side=48)


@pytest.fixture(scope="module")
def run(collages: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The head alone; no flag says what the labels are."""
    out = tmp_path_factory.mktemp("runs") / "head"
    return finetune(Photos(data=collages, size=96), Backbone(name="mobilenet_025", unfreeze="none"), out=out)


@pytest.fixture(scope="module")
def exported(run: Run) -> Path:
    real_data.require("keras_home")  # weights that were never learned leave half precision too little room
    export(run, format=("tflite", "saved_model", "onnx"), precision=("float32", "float16", "dynamic", "int8", "int16x8"), max_drop=0.1)
    return run.path / "exports"


def test_it_learns_beyond_guessing(run: Run) -> None:
    report = run.report()
    assert (run.task, report.n, len(report["classes"])) == ("multilabel", 60, 10)
    assert report["macro_ap"] > report["base_rate"] + 0.08
    assert report["micro_f1"] > report["all_yes"]["micro_f1"]


def test_every_number_of_the_report_comes_from_the_predictions(run: Run) -> None:
    table, report = run.predictions(), run.report()
    assert np.mean(table["label"] == table["predicted"]) == pytest.approx(report["exact"])
    scores = table[[f"p_{name}" for name in report["classes"]]].to_numpy()
    limits = [run.settled["thresholds"][name] for name in report["classes"]]
    named = ["|".join(np.array(report["classes"])[row]) for row in scores >= limits]
    assert named == list(table["predicted"])


def test_the_probabilities_of_a_photo_need_not_add_up_to_one(run: Run) -> None:
    sums = run.predictions().filter(regex="^p_").sum(axis=1)
    assert sums.max() > 1.5  # under a softmax all are 1
    real_data.require("keras_home")
    assert sums.min() < 1.5


def test_the_score_stands_in_the_history_and_the_record(run: Run) -> None:
    (row,) = run.history().to_dict("records")
    assert float(row["val_macro_ap"]) == pytest.approx(run.record["validation_accuracy"]["head"])


def test_it_is_measured_again_as_it_was_and_on_other_photos(run: Run, collages: Path) -> None:
    assert evaluate(run).report["macro_ap"] == pytest.approx(run.report()["macro_ap"])
    assert evaluate(run, photos=collages, split="test").report["macro_ap"] == pytest.approx(run.report()["macro_ap"])
    with pytest.raises(GateError, match=r"macro average precision must reach min_score 0.99"):
        evaluate(run, min_score=0.99)


def test_labels_are_predicted_by_their_thresholds_or_as_many_as_asked_for(run: Run, collages: Path) -> None:
    paths = list(run.predictions()["path"][:6])
    answers, top = predict(run, paths), predict(run, paths, top=3)
    (table,) = answers.said()
    assert table.columns == ("photo", "label", "probability")
    record = next(iter(answers.records()))
    assert "|".join(record["labels"]) == run.predictions()["predicted"][0]
    assert [len(answer.top) for answer in top.answers] == [3] * 6
    assert answers.csv().splitlines()[0] == '"path","rank","label","probability","error"'


def test_every_export_keeps_the_labels(run: Run, exported: Path, collages: Path) -> None:
    parities = json.loads((exported / "parity.json").read_text())
    assert len(parities) == 7
    assert all(parity["score"] == "macro average precision" and abs(parity["drop"]) <= 0.1 for parity in parities.values())
    assert parities["model-float32.tflite"]["agreement"] == 1
    facts = read_facts(exported / "model-int8.tflite")
    assert (facts["task"], facts["settled"]) == ("multilabel", run.settled)
    path = run.predictions()["path"][0]
    for name in ("model-float32.tflite", "model.onnx"):
        assert next(iter(predict(exported / name, [path]).records()))["labels"] == next(iter(predict(run, [path]).records()))["labels"]
    assert evaluate(exported / "model-float32.tflite").report["macro_ap"] == pytest.approx(run.report()["macro_ap"], abs=1e-4)


def test_the_saved_model_names_the_labels_itself(run: Run, exported: Path) -> None:
    import tensorflow as tf

    table = run.predictions()
    signature = tf.saved_model.load(str(exported / "saved_model")).signatures["from_bytes"]
    answer = signature(photos=tf.constant([Path(path).read_bytes() for path in table["path"][:5]]))
    assert [label.decode() for label in answer["label"].numpy()] == list(table["predicted"][:5])


def test_the_bundle_speaks_of_thresholds_and_is_verified(exported: Path) -> None:
    page = (exported / "MODEL_CARD.md").read_text()
    assert "macro average precision" in page and "| threshold |" in page
    assert "the largest is the answer" not in page and "accuracy" not in page.replace("accuracy can be", "")
    card = json.loads((exported / "model_card.json").read_text())
    assert card["task"] == "multilabel" and set(card["settled"]["thresholds"]) == set(card["classes"])
    assert "THRESHOLDS" in (exported / "snippets" / "classify.py").read_text()
    assert verify(exported).faults == []


def test_the_python_snippet_names_the_labels(run: Run, exported: Path) -> None:
    import subprocess
    import sys

    path = run.predictions()["path"][0]
    done = subprocess.run([sys.executable, exported / "snippets" / "classify.py", path], capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    assert said["labels"] == sorted(next(iter(predict(exported / "model-int8.tflite", [path]).records()))["labels"])


def test_what_a_network_sees_can_be_drawn_and_described(run: Run, tmp_path: Path) -> None:
    assert len(visualize(run, out=tmp_path / "sheets").sheets) >= 3
    assert "multilabel" not in " ".join(map(str, describe(str(run.path)).said())), "what it computes has nothing to do with the labels"


def test_a_table_of_columns_lives_on_in_its_run(collages: Path, tmp_path: Path) -> None:
    table = pandas.read_csv(collages, keep_default_na=False)
    bits = table["labels"].str.get_dummies("|")
    frame = pandas.concat([collages.parent.as_posix() + "/" + table["path"], bits, table["split"]], axis=1)
    done = scratch(Photos(data=frame, size=32), ConvStack(filters=(4,)), training=Training(epochs=1), out=tmp_path / "run")
    assert (done.task, done.typed["photos"]["task"], done.classes) == ("multilabel", "multilabel", sorted(bits.columns))
    assert {"macro_ap", "val_macro_ap"} <= set(done.history())


@pytest.mark.parametrize("what", ["folds", "tltool compare", "deep"])
def test_what_needs_one_class_refuses_in_one_sentence(collages: Path, tmp_path: Path, what: str) -> None:
    asks = {
        "folds": lambda: finetune(Photos(data=collages), folds=3, out=tmp_path / "run"),
        "tltool compare": lambda: compare(Photos(data=collages), out=tmp_path / "run"),
        "deep": lambda: check(collages, deep=True),
    }
    with pytest.raises(DataError, match=f"^{what} must go with one class for each photo. Received: photos of several labels"):
        asks[what]()


def test_an_interrupted_run_goes_on_with_the_labels_it_began_with(collages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tltool.training import checkpoint

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(checkpoint.Keeper, "__call__", interrupted)
        scratch(Photos(data=collages, size=32), ConvStack(filters=(4,)), training=Training(epochs=1), out=tmp_path / "run")
    done = Run(tmp_path / "run").resume()
    assert (done.task, done.report()["n"], done.record["resolved"]["photos"]["task"]) == ("multilabel", 60, "multilabel")


def test_labels_that_the_model_does_not_know_are_named(run: Run, collages: Path, tmp_path: Path) -> None:
    table = pandas.read_csv(collages, keep_default_na=False).tail(4).copy()
    table["path"], table["labels"] = collages.parent.as_posix() + "/" + table["path"], ["hat|veil", "veil", "hat", ""]
    table.to_csv(tmp_path / "other.csv", index=False)
    with pytest.raises(DataError, match=r"Every label must be named like a label of the model.*veil"):
        evaluate(run, photos=tmp_path / "other.csv")
