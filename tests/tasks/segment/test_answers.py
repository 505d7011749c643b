"""What is said of the pixels of a photo."""

import json

import numpy as np
import pandas
import pytest
from hypothesis import given, settings, strategies as st
from regions import CLASSES, squares, sure

from tltool.data.annotations.truths import Truth
from tltool.data.geometry import Frame
from tltool.tasks.segment import answers
from tltool.tasks.segment.answers import choose, read, record, said, said_map, said_maps, settle
from tltool.tasks.segment.class_maps import paint, truth_of

SIDE = 32


def test_probabilities_at_the_photos_own_size_say_their_largest() -> None:
    maps = squares(3, SIDE)
    cells = said(sure(maps), CLASSES, {}, [Frame(SIDE, SIDE, SIDE, "pad")] * 3)
    table = pandas.DataFrame({"predicted": cells})
    assert all(np.array_equal(paint(answer, CLASSES), found) for answer, found in zip(read(table, CLASSES), maps))


@settings(deadline=None, max_examples=40)
@given(st.integers(8, 90), st.integers(8, 90), st.sampled_from(["pad", "stretch"]), st.integers(0, 3))
def test_what_is_placed_on_the_square_comes_back_to_the_photo(width: int, height: int, fit: str, seed: int) -> None:
    """A half of the photo is another class: its edge comes back to where it was, to the width of a cell."""
    frame, cells = Frame(width, height, 64, fit), 16
    true = np.zeros((height, width), np.uint8)
    edge = width // 4 + seed
    true[:, edge:] = 1
    middles = (np.arange(cells) + 0.5) * 64 / cells
    at = frame.placement.inverse().points(np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2))
    there = (at[:, 0] >= edge).astype(np.uint8).reshape(cells, cells)
    found = said_map(sure(there, 2), frame)
    assert found.shape == true.shape and set(np.unique(found)) <= {0, 1}
    cell = 64 / cells / frame.placement.matrix[0, 0]
    sure_of = np.abs(np.arange(width) + 0.5 - edge) > cell
    assert np.array_equal(found[:, sure_of], true[:, sure_of])


def test_beyond_a_crop_nothing_is_said() -> None:
    (cell,) = said(sure(np.ones((1, 8, 8), int)), CLASSES, {}, [Frame(64, 32, 32, "crop")])
    found = paint(read(pandas.DataFrame({"predicted": [cell]}), CLASSES)[0], CLASSES)
    assert (found[:, :16] == 255).all() and (found[:, 16:48] == 1).all() and (found[:, 48:] == 255).all()


def test_bands_of_a_large_photo_meet_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(3), (16, 16)).astype("float32")
    frame = Frame(75, 50, 64, "pad")
    whole = said_map(probabilities, frame)
    monkeypatch.setattr(answers, "BAND", 75 * 7)
    assert np.array_equal(said_map(probabilities, frame), whole)


def test_classes_that_cannot_win_change_nothing() -> None:
    draws = np.random.default_rng(0)
    few = draws.dirichlet(np.ones(3), (8, 8)).astype("float32")
    many = np.concatenate([few * 0.99, np.full((8, 8, 7), 0.01 / 7, "float32")], axis=-1)
    frame = Frame(40, 30, 32, "pad")
    assert np.array_equal(said_map(many, frame), said_map(few, frame))


def test_a_class_wins_by_a_little_where_nothing_is_sure() -> None:
    nearly_level = np.random.default_rng(0).dirichlet(np.full(3, 200.0), (8, 8)).astype("float32")
    assert np.array_equal(said_map(nearly_level, Frame(8, 8, 8, "pad")), nearly_level.argmax(-1))


def test_every_photo_has_its_own_answer_in_order() -> None:
    maps = squares(9, SIDE)
    found = said_maps(sure(maps), [Frame(SIDE, SIDE, SIDE, "pad")] * 9)
    assert all(np.array_equal(*pair) for pair in zip(found, maps, strict=True))


def cell_of(found: list[list[int]]) -> str:
    from tltool.data.annotations.cells import write

    return write(truth_of(np.array(found, np.uint8), CLASSES))


def test_the_classes_of_a_photo_are_chosen_by_their_share_of_it() -> None:
    cell, none = cell_of([[2, 2, 0, 2], [2, 2, 2, 255]]), np.zeros((1, 1, 3))
    assert choose(cell, none, CLASSES, {}, None) == [("dog", 0.75, ()), ("background", 0.125, ())]
    assert [choice.label for choice in choose(cell, none, CLASSES, {}, 1)] == ["dog"]
    assert choose(cell, none, CLASSES, {}, 3)[-1] == ("cat", 0, ())


def test_a_record_has_every_region_with_its_mask() -> None:
    cell = cell_of([[2, 2, 0, 2], [2, 2, 2, 0]])
    said_of = record(cell, choose(cell, np.zeros((1, 1, 3)), CLASSES, {}, None))
    assert said_of["size"] == [4, 2] and [region["label"] for region in said_of["regions"]] == ["background", "dog"]
    assert all({"box", "counts"} <= set(region) for region in said_of["regions"])
    assert said_of["top"][0] == {"label": "dog", "share": 0.75}
    assert json.loads(json.dumps(said_of)) == said_of


def test_what_is_settled_is_what_training_pixels_are_of() -> None:
    learned = np.array([truth_of(np.array([[0, 0, 1, 255]], np.uint8), ["ground", "cat"])], object)
    assert settle([], learned, ["ground", "cat"], learned) == {
        "guess": {"ground": pytest.approx(2 / 3, abs=1e-6), "cat": pytest.approx(1 / 3, abs=1e-6)}
    }
    assert settle([], learned[:0], CLASSES, np.array([Truth(2, 2)], object))["guess"] == {"background": 1, "cat": 0, "dog": 0}
