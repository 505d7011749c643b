import numpy as np

from tltool.tasks.multilabel import labels

CLASSES = ["dress", "hat", "shoes"]


def test_labels_are_a_row_of_bits() -> None:
    encoded = labels.encode(["hat|dress", "", "shoes"], CLASSES)
    assert encoded.tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 1]]


def test_two_lines_of_a_photo_say_together_what_either_says() -> None:
    assert labels.join("hat|dress", "shoes|hat") == "dress|hat|shoes"
    assert labels.join("", "") == ""


def test_a_photo_is_counted_to_its_rarest_label_and_one_without_any_to_none() -> None:
    encoded = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 1, 1]])
    assert labels.rarest(encoded).tolist() == [1, 0, 3, 2]
