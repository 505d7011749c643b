"""Boxes and logits of an export are what the model itself says."""

import numpy as np

from tltool.tasks.detect import outputs


def test_logits_become_scores_beside_their_boxes_without_overflow() -> None:
    boxes = np.arange(16, dtype="float32").reshape(1, 4, 4)
    found = outputs.join([boxes, np.array([[[0], [np.log(3)], [-1000], [1000]]], "float32")])
    assert found.shape == (1, 4, 5) and (found[..., :4] == boxes).all()
    np.testing.assert_allclose(found[0, :, 4], [0.5, 0.75, 0, 1], atol=1e-6)


def test_only_a_square_of_cells_that_have_a_box_each_tells_classes_apart() -> None:
    assert outputs.classes([(1, 9, 4), (1, 9, 7)]) == 7
    for shapes in ([(1, 9, 7), (1, 9, 4)], [(1, 8, 4), (1, 8, 7)], [(1, 9, 4), (1, 4, 7)], [(1, 9, 4)], [(1, 9), (1, 9)], []):
        assert outputs.classes(shapes) == 0, shapes
