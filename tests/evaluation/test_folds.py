"""Cross-validation of a linear head on frozen features."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas
import pytest

from tltool.data.samples import Samples
from tltool.data.splitting.splits import write_split
from tltool.errors import DataError
from tltool.evaluation import cross_validate, folds
from tltool.runs import Run


def make(n: int = 60, groups: int = 0, classes: str = "abc") -> Samples:
    rows = [
        (f"/p/{i}", hashlib.sha256(str(i).encode()).hexdigest(), classes[i % len(classes)], f"g{i % groups}" if groups else "", "train")
        for i in range(n)
    ]
    return Samples(pandas.DataFrame(rows, columns=["path", "sha256", "label", "group", "split"], dtype=object), sorted(classes))


def told_apart(samples: Samples, noise: float = 0.3, seed: int = 0) -> np.ndarray:
    """Features [n, 8] in which every class has its own direction."""
    noisy = np.random.default_rng(seed).normal(0, noise, (len(samples), 8))
    return (np.eye(8)[samples.labels] + noisy).astype("float32")


def test_every_photo_is_answered_once_and_the_report_has_what_any_report_has() -> None:
    samples = make()
    measured = cross_validate(told_apart(samples), samples, 5)
    assert measured.report.accuracy > 0.9 and measured.report.n == 60 == len(measured.predictions)
    low, high = measured.report.accuracy_interval
    assert low < measured.report.accuracy <= high and set(measured.report.per_class) == set("abc")
    assert (measured.report.split, measured.report.folds, measured.report.groups) == ("cross-validation", 5, 60)
    assert "not the model of this run" in measured.report.measures
    assert measured.predictions["path"].tolist() == samples.paths
    assert np.allclose(measured.predictions[["p_a", "p_b", "p_c"]].sum(axis=1), 1, atol=1e-5)
    json.dumps(measured.report.content)


def test_features_that_say_nothing_reach_no_more_than_chance() -> None:
    samples = make(120)
    noise = np.random.default_rng(0).normal(size=(120, 40)).astype("float32")
    assert cross_validate(noise, samples, 5).report.accuracy < 0.55


@pytest.mark.parametrize("how", ["group", "content", "alike"])
def test_photos_that_belong_together_never_teach_the_head_that_answers_for_the_others(how: str) -> None:
    samples, alike = make(120), [[i, i + 60] for i in range(60)]
    features = np.random.default_rng(0).normal(size=(60, 80)).astype("float32")[np.arange(120) % 60]  # known by heart and not otherwise
    if how == "group":
        samples.table["group"] = [f"g{i % 60}" for i in range(120)]
    elif how == "content":
        samples.table["sha256"] = samples.table["sha256"].tolist()[:60] * 2
    leaky = cross_validate(features, make(120), 5).report.accuracy
    kept = cross_validate(features, samples, 5, alike=alike if how == "alike" else ())
    assert kept.report.groups == 60 and kept.report.accuracy < 0.55 < leaky


def test_the_seed_decides_and_repeats() -> None:
    samples = make()
    features = told_apart(samples, noise=1.0)
    first, again, other = (cross_validate(features, samples, 3, seed=seed).predictions for seed in (1, 1, 2))
    assert first.equals(again) and not first.equals(other)


def test_what_cannot_be_divided_is_refused() -> None:
    with pytest.raises(DataError, match=r"at most the number of photos that are independent of each other, 4. Received: 5"):
        samples = make(60, groups=4)
        cross_validate(told_apart(samples), samples, 5)
    samples = make(30)
    samples.table.loc[samples.table["label"] == "c", "group"] = "all of c"
    with pytest.raises(DataError, match=r"two independent photos of every class.*Received: c with one or none"):
        cross_validate(told_apart(samples), samples, 5)


def test_a_class_with_fewer_photos_than_folds_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    samples = make(60)
    samples.table.loc[9:, "label"] = [("a", "b")[i % 2] for i in range(51)]
    measured = cross_validate(told_apart(samples), samples, 5)
    assert "some folds have none of them: c (3)" in caplog.text and measured.report.per_class["c"]["n"] == 3


def test_a_backbone_that_has_learned_from_the_photos_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    samples = make()
    before = Samples(samples.table.assign(split=["train", "test"] * 30), samples.classes)
    write_split(before, tmp_path / "split.csv")
    cross_validate(told_apart(samples), samples, 3, taught=tmp_path / "split.csv")
    assert "30 of 60 photos taught or chose the backbone" in caplog.text
    caplog.clear()
    cross_validate(told_apart(samples), samples, 3, taught=tmp_path / "none.csv")
    assert caplog.text == ""


def test_a_run_says_what_was_cross_validated(tmp_path: Path) -> None:
    samples = make()
    report = cross_validate(told_apart(samples), samples, 5).report
    run = Run.create(tmp_path / "run", "finetune", {}, classes=["a", "b", "c"], size=32, fit="crop")
    (tmp_path / "run" / "model.keras").touch()
    run.finish(report.with_fields(split="test", cross_validation=report.content), seconds=1)
    low, high = report.accuracy_interval
    line = next(part for part in run.said() if isinstance(part, str) and "Cross-validated" in part)
    assert line == (
        "Cross-validated in 5 folds over all 60 photos, a linear head on the frozen backbone reaches "
        f"{report['accuracy']:.3f} "
        f"({low:.3f}–{high:.3f})."
    )


def test_the_words_say_what_is_measured() -> None:
    assert "linear head" in folds.MEASURES and "frozen" in folds.MEASURES


def test_folds_that_cannot_be_dealt_are_known_before_anything_is_computed() -> None:
    folds.require_folds(make(6), 6)
    with pytest.raises(DataError, match=r"independent of each other, 6\. Received: 7"):
        folds.require_folds(make(6), 7)
    with pytest.raises(DataError, match=r"independent of each other, 3\. Received: 4"):
        folds.require_folds(make(6), 4, alike=[[0, 3], [1, 4], [2, 5]])
    with pytest.raises(DataError, match="must be 2 or more"):
        folds.require_folds(make(6), 1)
