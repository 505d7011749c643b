"""Exporting: every artefact answers like the run, says so, and replaces nothing unasked."""

import csv
import json
import shutil
from pathlib import Path

import pytest
import real_data

from tltool import DataError, ExportError, GateError, Run, RunError, evaluate, export


@pytest.fixture(scope="module")
def exported(run: Run):  # type: ignore[no-untyped-def]
    return export(run.path, ("saved_model", "tflite"), ("float32", "float16", "dynamic", "int8", "int16x8"), force=True, max_drop=1.0)


def test_all_artefacts_are_there_with_their_card_and_labels(exported, run: Run) -> None:  # type: ignore[no-untyped-def]
    names = {path.name for path in (run.path / "exports").iterdir()}
    assert names >= {
        "saved_model",
        *(f"model-{p}.tflite" for p in ("float32", "float16", "dynamic", "int8", "int16x8")),
        "labels.txt",
        "model_card.json",
        "parity.json",
    }
    assert not any(name.startswith(".") for name in names)
    assert (run.path / "exports" / "labels.txt").read_text().splitlines() == run.classes


def test_float_exports_answer_exactly_alike_and_int8_nearly(exported, run: Run) -> None:  # type: ignore[no-untyped-def]
    parity = {path.name: parity for path, parity in exported.parities.items()}
    for name in ("saved_model", "model-float32.tflite"):
        assert parity[name].agreement == 1 and parity[name].largest_gap < 1e-3
    assert parity["model-int8.tflite"].n == len(run.predictions())  # as many validation as test photos
    real_data.require("keras_home")  # of weights that were never learned, rounding leaves less
    assert parity["model-int8.tflite"].mean_gap < 0.05
    assert parity["model-float16.tflite"].largest_gap < 1e-2


def test_int8_is_about_a_quarter_of_float32(exported, run: Run) -> None:  # type: ignore[no-untyped-def]
    sizes = {p: (run.path / "exports" / f"model-{p}.tflite").stat().st_size for p in ("float32", "float16", "int8")}
    assert sizes["int8"] < 0.4 * sizes["float32"] and sizes["float16"] < 0.55 * sizes["float32"]


def test_an_exported_file_is_measured_on_its_run_s_test_photos(exported, run: Run) -> None:  # type: ignore[no-untyped-def]
    report = evaluate(run.path / "exports" / "model-float32.tflite").report
    assert report["accuracy"] == run.report()["accuracy"] and report["classes"] == run.classes


def test_an_earlier_artefact_needs_force_and_others_stay(exported, run: Run) -> None:  # type: ignore[no-untyped-def]
    others = (run.path / "exports" / "model-int8.tflite").stat().st_mtime_ns
    with pytest.raises(ExportError, match=r"model-float32\.tflite"):
        export(run.path)
    export(run.path, force=True)
    assert (run.path / "exports" / "model-int8.tflite").stat().st_mtime_ns == others
    assert "model-int8.tflite" in json.loads((run.path / "exports" / "parity.json").read_text())


def test_parity_is_written_with_the_photos_that_flipped(exported, run: Run) -> None:  # type: ignore[no-untyped-def]
    noted = json.loads((run.path / "exports" / "parity.json").read_text())
    assert set(noted) >= {path.name for path in exported.parities}
    for path, parity in exported.parities.items():
        entry = noted[path.name]
        assert entry["split"] == "validation" and entry["n"] == parity.n and len(entry["flips"]) == len(parity.flips)
        assert entry["exported_interval"][0] < entry["exported_accuracy"] <= entry["exported_interval"][1]
        for flip in entry["flips"]:
            assert flip["photo"].startswith(f"{flip['label']}/") and flip["model"] != flip["exported"]
    assert noted["model-int8.tflite"]["float_operators"] == {} and noted["model-int8.tflite"]["calibration_photos"] > 60


def test_what_was_found_is_told(exported) -> None:  # type: ignore[no-untyped-def]
    told = "\n".join(map(str, exported.said()))
    assert "95 % interval" in told and "McNemar's p" in told and "model-int16x8.tflite" in told
    assert len(list(exported.records())) == 6


def test_only_the_photos_it_needs_have_to_be_there(
    exported,
    photos: Path,
    run: Run,
    tmp_path: Path,  # type: ignore[no-untyped-def]
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "cache"))  # nothing is decoded yet
    copy = Run(shutil.copytree(run.path, tmp_path / "run", ignore=shutil.ignore_patterns("exports")))
    split = copy.path / "split.csv"
    moved = split.read_text().replace(str(photos), str(shutil.copytree(photos, tmp_path / "photos")))
    split.write_text(moved)
    rows = list(csv.DictReader(moved.splitlines()))
    for row in rows:
        if row["split"] != "validation":
            (copy.path / row["path"]).unlink()
    assert len(export(copy.path).parities) == 1
    with pytest.raises(DataError, match=r"The photos of a run must stay where they were.*gone or damaged"):
        export(copy.path, precision=("int8",))


def test_an_export_that_scales_its_input_twice_is_not_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    from tltool.exports import artefacts, requantize

    def scaled_twice(model: keras.Model) -> keras.Model:
        photo = keras.Input(model.input_shape[1:])
        return keras.Model(photo, model(photo / 255))

    real = artefacts.convert
    monkeypatch.setattr(artefacts, "convert", lambda model, *rest: real(scaled_twice(model), *rest))
    before = (run.path / "exports" / "model-float16.tflite").read_bytes()
    with pytest.raises(ExportError, match=r"must answer like its model\. Received: model-float16\.tflite"):
        export(run.path, ("tflite",), ("float16",), force=True)
    assert (run.path / "exports" / "model-float16.tflite").read_bytes() == before
    monkeypatch.setattr(requantize, "search", lambda *_: None)  # which would write it as it should be
    with pytest.raises(GateError, match=r"model-int8\.tflite .*loses 0\.\d+ on validation photos, though it was written all the same"):
        export(run.path, ("tflite",), ("int8",), force=True)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"run\.json"):
        export(tmp_path)
