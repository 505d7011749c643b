import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from tltool.data.samples import Samples
from tltool.errors import ExportError
from tltool.exports.artefacts import Artefact
from tltool.exports.photos import MOST_PHOTOS, in_turns, photos_needed


def samples(train: int = 30, validation: int = 6) -> Samples:
    n = train + validation
    labels = ["a" if i % 3 else "b" for i in range(n)]
    split = ["train"] * train + ["validation"] * validation
    table = pd.DataFrame(
        {"path": [f"/p/{i}.png" for i in range(n)], "sha256": [str(i) for i in range(n)], "label": labels, "group": "", "split": split}
    )
    return Samples(table.sample(frac=1, random_state=0).reset_index(drop=True), ["a", "b"])


def tflites(*precisions: str) -> list[Artefact]:
    return [Artefact("tflite", precision) for precision in precisions]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(0, 5), st.data())
def test_classes_take_turns_as_long_as_they_have_photos(labels: list[int], seed: int, data: st.DataObject) -> None:
    rows = np.flatnonzero(np.arange(len(labels)) % 2 == 0)
    order = in_turns(np.array(labels), rows, seed)
    assert sorted(order) == rows.tolist()
    first = data.draw(st.integers(1, len(order)))
    taken = np.bincount(np.array(labels)[order[:first]], minlength=5)
    there = np.bincount(np.array(labels)[rows], minlength=5)
    assert taken[(there > 0) & (taken < there)].min(initial=99) >= taken.max() - 1


def test_the_same_seed_draws_the_same_photos() -> None:
    labels, rows = np.arange(40) % 3, np.arange(40)
    assert (in_turns(labels, rows, 1) == in_turns(labels, rows, 1)).all()
    assert (in_turns(labels, rows, 1) != in_turns(labels, rows, 2)).any()


@pytest.mark.parametrize("precisions", [["float32"], ["float16", "float32"]])
def test_floats_need_the_validation_photos_only(precisions: list[str]) -> None:
    needed = photos_needed(samples(), tflites(*precisions))
    assert needed.counts() == {"a": {"validation": 4}, "b": {"validation": 2}}


@pytest.mark.parametrize("precision", ["int8", "int16x8", "dynamic"])
def test_a_quantized_export_needs_training_photos_first_balanced_ones(precision: str) -> None:
    needed = photos_needed(samples(), tflites("float32", precision))
    assert needed.rows("train").tolist() == list(range(30)) and len(needed.rows("validation")) == 6
    assert np.bincount(needed.labels[:20]).tolist() == [10, 10]


def test_of_many_training_photos_some_are_enough() -> None:
    needed = photos_needed(samples(train=900), tflites("int8"))
    assert len(needed.rows("train")) == MOST_PHOTOS


def test_a_run_without_photos_to_compare_on_is_one_sentence() -> None:
    with pytest.raises(ExportError, match=r"compared with its run on validation photos\. Received: a split\.csv without any"):
        photos_needed(samples(validation=0), tflites("float32"))
