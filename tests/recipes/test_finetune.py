"""The main job, end to end, on real photos with real weights."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest
from emulator import run_in_terminal

from tltool import Backbone, ConvStack, DataError, GateError, Head, Photos, Run, RunError, SpecError, Training, finetune, scratch
from tltool.data import write_digits
from tltool.data.cache.storage import location

FROZEN = Backbone(name="mobilenet_025", unfreeze="none")


@pytest.fixture(scope="module")
def missed(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of the head alone, on a table of the photos, that missed what it should reach."""
    paths = sorted(photos.glob("*/*.jpg"))
    frame = pandas.DataFrame({"path": map(str, paths), "label": [path.parent.name for path in paths]})
    with pytest.raises(GateError, match="min_score") as gate:
        finetune(Photos(data=frame, size=96), FROZEN, out=tmp_path_factory.mktemp("runs") / "missed", min_score=1.0)
    return gate.value.result  # type: ignore[return-value]


def test_a_run_folder_holds_everything(run: Run) -> None:
    names = {path.name for path in run.path.iterdir()} - {"exports"}
    numbers = {"run.json", "split.csv", "history.csv", "predictions.csv", "validation.csv", "model.keras", "report.json", "labels.txt"}
    assert names == numbers | {"report.html", "report.md"}


def test_it_learns_far_beyond_naming_the_largest_class(run: Run) -> None:
    report = run.report()
    assert report["split"] == "test" and report["n"] == 18
    assert report["accuracy"] > report["majority_baseline"] + 0.3


def test_every_number_of_the_report_comes_from_the_predictions(run: Run) -> None:
    table, report = run.predictions(), run.report()
    assert np.mean(table["label"] == table["predicted"]) == report["accuracy"]
    scores = table[[f"p_{name}" for name in report["classes"]]].to_numpy()
    assert [report["classes"][i] for i in scores.argmax(axis=1)] == list(table["predicted"])
    assert np.trace(report["confusion"]) == round(report["accuracy"] * report["n"])


def test_the_test_photos_are_the_ones_the_split_says(run: Run) -> None:
    split = pandas.read_csv(run.path / "split.csv")
    assert set(run.predictions()["path"]) == set(split.loc[split["split"] == "test", "path"])


def test_the_kept_phase_is_the_best_on_validation(run: Run) -> None:
    record = run.record
    assert record["validation_accuracy"][record["kept"]] == pytest.approx(max(record["validation_accuracy"].values()), abs=1e-6)
    assert set(record["validation_accuracy"]) == {"head", "fine-tuning"}


def test_what_was_typed_and_what_was_resolved_are_both_kept(run: Run, photos: Path) -> None:
    assert run.typed["training"] == {"epochs": 2}
    assert run.typed["backbone"] == {"name": "mobilenet_025"}
    resolved = run.record["resolved"]
    assert resolved["photos"]["size"] == 224 and resolved["training"]["epochs"] == 2 and resolved["training"]["learning_rate"] > 0


def test_the_saved_model_gives_the_recorded_probabilities(run: Run) -> None:
    from tltool.data import decode

    row = run.predictions().iloc[0]
    photo = decode(Path(row["path"]), run.finished["size"], "crop")
    scores = run.model().predict(photo[None].astype("float32"), verbose=0)[0]
    assert np.allclose(scores, [row[f"p_{name}"] for name in run.classes], atol=1e-5)


def test_a_dry_run_writes_nothing_not_even_into_the_cache_and_estimates_time(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "cache"))
    plan = finetune(
        Photos(data=photos, size=96), Backbone(name="mobilenet_025"), training=Training(epochs=2), out=tmp_path / "r", dry_run=True
    )
    assert list(tmp_path.iterdir()) == []
    assert set(plan.seconds) == {"getting ready", "head", "fine-tuning", "measuring"}
    assert all(seconds > 0 for seconds in plan.seconds.values())


def test_a_dry_run_leaves_a_full_cache_to_the_byte_and_second(photos: Path, tmp_path: Path, missed: Run) -> None:
    def stamps() -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in location().rglob("*")}

    before = stamps()
    finetune(Photos(data=photos, size=96), FROZEN, out=tmp_path / "r", dry_run=True)
    assert before and stamps() == before


def test_a_first_finetune_leaves_every_line_on_a_screen_of_80_columns(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    flags = ("--data", str(photos), "--backbone", "mobilenet_025", "--size", "96", "--epochs", "1")
    ended = run_in_terminal(
        [sys.executable, "-c", "from tltool.cli.main import tltool; tltool()", "finetune", *flags],
        80,
        {"TLTOOL_CACHE": str(tmp_path / "cache")},
    )
    begun = {frame.partition(" ━")[0].strip() for frame in ended.frames if " ━" in frame}
    assert ended.code == 0 and begun >= {"decoding photos", "computing features", "fine-tuning"}
    assert begun <= {line.partition(":")[0] for line in ended.lines} and "━" not in ended.text
    told = ("Device:", "Plan", "head:", "Kept:", "Test photos", "Accuracy", "Run:", "Next:", "  or:")
    places = [next(i for i, line in enumerate(ended.lines) if line.startswith(begin)) for begin in told]
    assert places == sorted(places) and places[-1] == len(ended.lines) - 1
    assert {"fine-tuning", "--precision", "predictions.csv,", "report.json,"} <= set(ended.text.split())


def test_folds_that_cannot_be_dealt_are_refused_before_a_run_is_begun(photos: Path, tmp_path: Path) -> None:
    table = pandas.DataFrame(
        [(path, path.parent.name) for name in ("hat", "dress") for path in sorted((photos / name).iterdir())[:5]], columns=["path", "label"]
    )
    for dry_run in (True, False):
        with pytest.raises(DataError, match=r"folds must be 2 or more, and at most .* 10\. Received: 11"):
            finetune(Photos(data=table, size=96), Backbone(name="mobilenet_025"), folds=11, out=tmp_path / "run", dry_run=dry_run)
    assert not (tmp_path / "run").exists()


def test_a_dry_run_downloads_nothing(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tltool.models import weights

    monkeypatch.setattr(weights, "fetch", lambda published: pytest.fail("a dry run asked for weights"))
    finetune(Photos(data=photos, size=64), Backbone(name="mobilenet", unfreeze="none"), out=tmp_path / "r", dry_run=True)


def test_an_earlier_run_is_a_backbone(run: Run, photos: Path, tmp_path: Path) -> None:
    later = finetune(Photos(data=photos), Backbone(name=str(run.path), unfreeze="none"), out=tmp_path / "later")
    assert later.report()["accuracy"] >= run.report()["accuracy"] - 0.2
    before, after = run.model().get_layer("backbone").get_weights(), later.model().get_layer("backbone").get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(before, after))


def test_a_run_with_a_class_more_says_so_and_its_solved_head_knows_the_old_classes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """On the same 400 and more drawn photos of the three old digits, of which a fourth can now be wrongly taken: 0.05 is the margin."""
    old, new = (write_digits(tmp_path / str(classes), range(classes), few=40) for classes in (3, 4))
    training = Training(epochs=40, batch_size=16)
    earlier = scratch(Photos(data=old, size=16), ConvStack(filters=(8, 16)), training=training, out=tmp_path / "a")
    with caplog.at_level("INFO", "tltool"):
        later = finetune(Photos(data=new), Backbone(name=str(earlier.path), unfreeze="none"), out=tmp_path / "b")
    assert f"Classes of {earlier.path}: 3 are here again; new: 3. The head learns all of them." in caplog.messages
    table = later.predictions()
    of_old = table[table["label"].astype(str) != "3"]
    assert len(of_old) == earlier.report()["n"] >= 300 and earlier.report()["accuracy"] > 0.9
    assert (of_old["label"] == of_old["predicted"]).mean() >= earlier.report()["accuracy"] - 0.05


def test_two_classes_may_end_in_one_sigmoid_neuron(photos: Path, tmp_path: Path) -> None:
    for name in ("hat", "pants"):
        shutil.copytree(photos / name, tmp_path / "two" / name)
    two = finetune(Photos(data=tmp_path / "two", size=96), FROZEN, Head(output="sigmoid"), out=tmp_path / "r")
    assert two.model().get_layer("logits").units == 1
    table = two.predictions()
    assert np.allclose(table["p_hat"] + table["p_pants"], 1, atol=1e-6)
    assert two.report()["accuracy"] > 0.6


def test_a_table_of_paths_and_labels_is_enough(missed: Run) -> None:
    assert missed.classes == ["dress", "hat", "pants", "shoes", "shorts", "t-shirt"]
    assert Path(missed.typed["photos"]["data"]) == missed.path / "split.csv"


def test_a_missed_gate_still_leaves_the_run(missed: Run) -> None:
    assert missed.report()["n"] == 18


def test_the_same_seed_gives_the_same_parts_whoever_names_the_photos(run: Run, missed: Run) -> None:
    assert list(missed.predictions()["path"]) == list(run.predictions()["path"])


def test_a_full_folder_is_refused_before_anything_is_read(run: Run) -> None:
    with pytest.raises(RunError, match="new or empty"):
        finetune(Photos(data="nowhere"), out=run.path)


def test_a_layer_that_is_not_there_is_named_before_training(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="did you mean 'conv_pw_"):
        finetune(Photos(data=photos, size=96), Backbone(name="mobilenet_025", unfreeze="conv_pw_l"), out=tmp_path / "r")
    assert not (tmp_path / "r").exists()
