"""Photos of another kind altogether: how far they are from what was learned from, kept in a run, and answered with none of these."""

import logging
import math
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from tltool import Run, RunError, predict
from tltool.data.decoding.decoder import decode
from tltool.data.samples import Samples
from tltool.evaluation.novelty import BEYOND, NEIGHBOURS, UNLIKE, Familiar, familiar_of, write_familiar
from tltool.evaluation.strangeness import get_to_know, strangeness
from tltool.models.assembly import assemble
from tltool.models.stack.conv_stack import build_stack
from tltool.runs.forms import Novelty
from tltool.specs import ConvStack, Head, Training
from tltool.training.heads import see_photos

CLASSES = ["bright", "dark"]
MODEL_SIZE = (8, 8, 3)


def model() -> object:
    return assemble(build_stack(ConvStack(filters=(4,)), MODEL_SIZE, 0), Head(), CLASSES, 0)


def samples(train: int, validation: int, task: str = "classify") -> Samples:
    n = train + validation
    columns = {"path": [f"/{i}.png" for i in range(n)], "sha256": "", "label": (CLASSES * n)[:n], "group": ""}
    return Samples(pandas.DataFrame({**columns, "split": ["train"] * train + ["validation"] * validation}), CLASSES, task=task)


def known(trained: Any, pixels: np.ndarray, chosen: Samples) -> tuple[Novelty, np.ndarray]:
    held_out = see_photos(trained, pixels, chosen, chosen.rows("validation"), Training())
    found = get_to_know(trained, pixels, chosen, held_out, Training())
    assert found
    return found


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(NEIGHBOURS, 40), st.floats(0.01, 100))
def test_distances_are_those_to_the_nearest_of_unit_length_whatever_the_scale(seed: int, m: int, scale: float) -> None:
    chance = np.random.default_rng(seed)
    known, new = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (chance.normal(size=(m, 6)), chance.normal(size=(3, 6))))
    by_hand = np.sort(np.linalg.norm(new[:, None] - known[None], axis=2), axis=1)[:, NEIGHBOURS - 1]
    found = Familiar(known.astype("float32"), math.inf).distances(new * scale)
    assert np.allclose(found, by_hand, atol=2e-3)


def test_of_photos_like_those_for_validation_about_a_hundredth_is_called_unlike() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (1400, *MODEL_SIZE), "uint8")
    novelty, rows = known(model(), pixels, samples(400, 1000))
    is_unlike = strangeness(model(), Familiar(rows.astype("float32"), novelty.limit))  # type: ignore[arg-type]
    others = np.random.default_rng(1).integers(0, 256, (2000, *MODEL_SIZE), "uint8")
    assert 0.2 * BEYOND < is_unlike(others).mean() < 3 * BEYOND
    assert is_unlike(np.zeros((5, *MODEL_SIZE), "uint8")).all()


@pytest.mark.parametrize(("train", "validation", "task"), [(10, 100, "classify"), (100, 10, "classify"), (100, 100, "multilabel")])
def test_too_few_photos_and_other_tasks_say_nothing(train: int, validation: int, task: str) -> None:
    pixels = np.zeros((train + validation, *MODEL_SIZE), "uint8")
    chosen = samples(train, validation, task)
    assert get_to_know(model(), pixels, chosen, np.zeros((validation, 4)), Training()) is None  # type: ignore[arg-type]


@pytest.fixture
def knowing(tmp_path: Path) -> Run:
    """A run that knows features of 6 numbers."""
    run = Run.create(tmp_path / "run", "finetune", {}, size=8, fit="crop", classes=CLASSES)
    run.note(novelty=Novelty(limit=0.1, n=50, neighbours=NEIGHBOURS).content)
    write_familiar(np.eye(30, 6, dtype="float16"), run.path)
    return run


def test_what_is_known_is_read_as_it_was_written_and_a_run_of_before_knows_nothing(knowing: Run, tmp_path: Path) -> None:
    familiar = familiar_of(knowing)
    assert familiar and familiar.limit == 0.1 and np.array_equal(familiar.rows, np.eye(30, 6, dtype="float32"))
    assert familiar_of(Run.create(tmp_path / "old", "finetune", {}, size=8, fit="crop", classes=CLASSES)) is None


@pytest.mark.parametrize("how", ["gone", "cut", "no array", "a pipe", "pickled", "too large a header", "other numbers", "not finite"])
def test_a_damaged_file_is_one_sentence(knowing: Run, how: str) -> None:
    file = knowing.path / "familiar.npy"
    whole = file.read_bytes()
    file.unlink()
    if how == "cut":
        file.write_bytes(whole[:-7])
    elif how == "no array":
        file.write_bytes(b"x" * 300)
    elif how == "a pipe":
        os.mkfifo(file)
    elif how == "pickled":
        np.save(file, np.array([{}], dtype=object), allow_pickle=True)
    elif how == "too large a header":
        file.write_bytes(whole.replace(b"(30, 6)", b"(9**9,)").replace(b"(9**9,)", b"(30000000, 6)", 1))
    elif how == "other numbers":
        np.save(file, np.zeros((30, 6)))
    elif how == "not finite":
        np.save(file, np.full((30, 6), np.nan, "float16"))
    with pytest.raises(RunError, match=r"familiar\.npy"):
        familiar_of(knowing)


def test_features_of_another_model_are_one_sentence(knowing: Run) -> None:
    with pytest.raises(RunError, match=r"must be of the model beside it, which sees \(4,\)\. Received: \(6,\)"):
        strangeness(model(), familiar_of(knowing))  # type: ignore[arg-type]


def test_noise_is_none_of_these_whatever_its_probability(run: Run, photos: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    whole, files = Run(shutil.copytree(run.path, tmp_path / "run")), sorted(photos.glob("*/*"))
    squares = np.stack([decode(file, run.record.size, run.record.fit or "") for file in files])
    parts = np.where(np.arange(len(files)) % 3, "train", "validation")
    table = pandas.DataFrame({"path": [*map(str, files)], "sha256": "", "label": [file.parent.name for file in files], "group": ""})
    novelty, rows = known(run.model(), squares, Samples(table.assign(split=parts), run.classes))
    write_familiar(rows, whole.path)
    whole.note(novelty=novelty.content)
    noise = tmp_path / "noise.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (96, 96, 3), "uint8")).save(noise)
    with caplog.at_level(logging.INFO, "tltool"):
        told = [*predict(whole.path, (noise, *files[:10]), target_precision=0.5).records()]
    assert UNLIKE in told[0]["rejected"] and told[0]["label"] is None
    assert sum(UNLIKE in its["rejected"] for its in told[1:]) <= 2
    assert "farther away than all but" in caplog.text


def test_exported_files_do_not_know_it_and_say_so(run: Run, photos: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from tltool import export

    whole = Run(shutil.copytree(run.path, tmp_path / "run", ignore=shutil.ignore_patterns("exports")))
    export(whole.path, format=("tflite",), precision=("float32",))
    with caplog.at_level(logging.INFO, "tltool"):
        predict(whole.path / "exports" / "model-float32.tflite", (next(photos.glob("*/*")),), reject=True, target_precision=0.9)
    assert "is not known here" in caplog.text
