import numpy as np
import pytest

from tltool.tasks.landmarks.sides import may_flip, pairs_of, partners_of


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["snout", "leftear", "rightear", "tailbase"], [("leftear", "rightear")]),
        (["left_eye", "right_eye", "nose", "Left Mouth", "Right Mouth"], [("left_eye", "right_eye"), ("Left Mouth", "Right Mouth")]),
        (["top", "right", "bottom", "left"], [("right", "left")]),
        (["RIGHT_EYE", "LEFT_EYE"], [("RIGHT_EYE", "LEFT_EYE")]),
        (["eye_l", "eye_r", "L.hand", "R.hand"], [("eye_l", "eye_r"), ("L.hand", "R.hand")]),
        (["LShoulder", "RShoulder", "Neck", "earL", "earR"], [("LShoulder", "RShoulder"), ("earL", "earR")]),
    ],
)
def test_names_that_differ_in_their_side_are_pairs_and_may_be_mirrored(names: list[str], pairs: list[tuple[str, str]]) -> None:
    assert pairs_of(names) == pairs
    assert may_flip(names)


@pytest.mark.parametrize(
    "names", [["a", "b"], ["nose", "tail"], ["leftear", "snout"], ["left_eye", "right_eye", "left_ear"], ["bright", "dark"], []]
)
def test_photos_of_points_without_sides_or_with_a_side_that_is_alone_must_not_be_mirrored(names: list[str]) -> None:
    assert not may_flip(names)


@pytest.mark.parametrize("name", ["nose", "LED", "tail", "collar", "lr", "rotor", "wheel"])
def test_letters_within_a_word_are_no_sides(name: str) -> None:
    assert pairs_of([name, name.replace("l", "r")]) == [] and partners_of([name]).tolist() == [0]


def test_partners_are_an_exchange_of_places() -> None:
    partners = partners_of(["snout", "leftear", "tail", "rightear"])
    assert partners.tolist() == [0, 3, 2, 1]
    assert np.array_equal(partners[partners], np.arange(4))


def test_pairs_that_are_given_come_beside_those_of_the_names_and_before_them() -> None:
    names, given = ["leftear", "rightear", "top", "bottom", "snout"], {"flip_pairs": {"top:bottom": 1.0}}
    assert pairs_of(names, given) == [("top", "bottom"), ("leftear", "rightear")] and may_flip(names, given)
    assert partners_of(names, given).tolist() == [1, 0, 3, 2, 4]
    other = {"flip_pairs": {"leftear:snout": 1.0}}
    assert pairs_of(names, other) == [("leftear", "snout")], "rightear has lost its partner"
    assert not may_flip(names, other)
    assert may_flip(["a", "b"], {"flip_pairs": {"a:b": 1.0}}) and not may_flip(["a", "b"])
