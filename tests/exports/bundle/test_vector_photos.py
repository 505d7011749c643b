"""Test vectors are clear answers of every class that an app's usual mistakes move."""

from collections.abc import Sequence

import numpy as np

from tltool.evaluation.predictors import Predictor
from tltool.exports.bundle.vector_photos import MISTAKES, MOST, choose_vectors
from tltool.exports.bundle.vectors import Vector
from tltool.exports.reference import Reference

PIXELS = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 3), "uint8")
Moved = dict[str, Sequence[int]]  # mistake → the places of the photos that it gives another answer


def chosen(
    labels: list[int], lead: list[float] | None = None, wrong: Sequence[int] = (), moved: Moved | None = None, pixels: np.ndarray = PIXELS
) -> tuple[list[Vector], list[int]]:
    """Vectors of photos 10, 11, … and their places among ``labels``."""
    n, classes = len(labels), max(2, max(labels) + 1 + bool(wrong))
    leads, places = np.full(n, 0.5) if lead is None else np.array(lead), np.arange(n)
    probabilities = np.zeros((n, classes))
    probabilities[places, labels] = (1 + leads) / 2
    probabilities[places, [(label + 1) % classes for label in labels]] = (1 - leads) / 2
    probabilities[list(wrong)] = probabilities[list(wrong)][:, ::-1]
    rows, known = np.arange(10, 10 + n), {}
    for mistake, change in MISTAKES.items():
        for place in places:
            answer = 1 - probabilities[place] if place in (moved or {}).get(mistake, ()) else probabilities[place]
            known[change(pixels[rows[[place]]])[0].tobytes()] = answer
    names = [f"c{i}" for i in range(classes)]
    predictor = Predictor(names, 8, "crop", lambda photos: np.stack([known[photo.tobytes()] for photo in photos]))
    cells = [names[label] for label in labels]
    reference = Reference(predictor, "validation", pixels, rows, np.array(labels), cells, np.array(labels), [], probabilities, pixels[:0])
    found = choose_vectors(reference)
    return found, [int(np.flatnonzero((pixels[rows] == vector.pixels).all(axis=(1, 2, 3)))[0]) for vector in found]


def test_every_class_has_a_photo_and_few_classes_have_several() -> None:
    vectors, _ = chosen([0, 1, 2] * 10)
    assert len(vectors) == 8 and {vector.label for vector in vectors} == {"c0", "c1", "c2"}
    vectors, _ = chosen(list(range(9)) * 3)
    assert len(vectors) == 9 and len({vector.label for vector in vectors}) == 9


def test_of_many_classes_ten_are_shown_from_the_first_to_the_last() -> None:
    vectors, _ = chosen(list(range(40)))
    assert len(vectors) == MOST and {vectors[0].label, vectors[-1].label} == {"c0", "c39"}


def test_clear_answers_are_preferred_to_ties_and_to_certainty() -> None:
    _, places = chosen([0] * 10 + [1] * 10, lead=([0.01, 1.0] * 3 + [0.5] * 4) * 2)
    assert places == [6, 7, 8, 9, 16, 17, 18, 19]


def test_right_answers_are_preferred() -> None:
    _, places = chosen([0] * 6 + [2] * 6, wrong=(0, 1))
    assert 0 not in places and 1 not in places and len(places) == 8


def test_few_photos_are_all_taken_once() -> None:
    _, places = chosen([0, 1, 1])
    assert sorted(places) == [0, 1, 2]


def test_the_photos_that_a_mistake_moves_come_first_whichever_mistake_it_is() -> None:
    _, places = chosen([0] * 10 + [1] * 10, moved={"mirrored": (7, 19), "red and blue exchanged": (3,)})
    assert {3, 7, 19} <= set(places)


def test_a_tie_is_not_taken_for_being_easily_moved() -> None:
    _, places = chosen([0] * 10 + [1] * 10, lead=[0.1, *[0.5] * 19], moved={"mirrored": (0, 1)})
    assert 0 not in places and 1 in places


def test_grey_photos_which_know_no_red_and_blue_are_chosen_all_the_same() -> None:
    grey = PIXELS[..., :1].repeat(3, axis=-1)
    _, places = chosen([0] * 10 + [1] * 10, moved={"mirrored": (4,)}, pixels=grey)
    assert 4 in places and len(places) == 8
