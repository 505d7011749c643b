"""What masks are worth, beside their boxes, connected pieces and a guess."""

import numpy as np
import pytest
from discs import CLASSES, disc, labels_of, marked, row_of_discs

from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.runs.forms import FORMAT
from tltool.tasks.instances.answers import settle
from tltool.tasks.instances.components import components
from tltool.tasks.instances.measures import floor, measure, score, told

TRUTHS = [row_of_discs(seed) for seed in range(6)]
LABELS = labels_of(*TRUTHS)
SIZE = (120, 90)


def whole_boxes(truth: Truth) -> Truth:
    """Right boxes, and every pixel of them as the mask."""
    instances = []
    for box in truth.boxes:
        mask = np.zeros((truth.height, truth.width), bool)
        mask[int(box.top) : int(box.bottom), int(box.left) : int(box.right)] = True
        instances.append(marked(mask))
    return Truth(truth.width, truth.height, tuple(instances))


def test_the_truth_is_perfect_and_that_of_other_photos_is_not() -> None:
    report = measure(LABELS, TRUTHS, CLASSES, "test")
    assert [report[key] for key in ("mask_ap", "mask_ap50", "box_ap")] == [1, 1, 1]
    assert score(LABELS, TRUTHS[1:] + TRUTHS[:1], CLASSES) < 0.5


def test_masks_are_compared_and_not_boxes() -> None:
    report = measure(LABELS, [*map(whole_boxes, TRUTHS)], CLASSES, "test")
    assert report["box_ap"] == 1 and 0.3 < report["mask_ap"] < 0.7


def test_connected_pieces_make_one_of_what_touches() -> None:
    (piece,) = components(TRUTHS[0], CLASSES).instances
    assert np.array_equal(Truth(*SIZE, (piece,)).mask(0), np.any([TRUTHS[0].mask(place) for place in range(4)], axis=0))
    assert measure(LABELS, TRUTHS, CLASSES, "test")["components_ap50"] == 0


def test_connected_pieces_of_what_lies_apart_are_objects_with_the_scores_of_these() -> None:
    one, other = disc(20, 20, 8, SIZE), disc(60, 60, 8, SIZE, "bee")
    truth = Truth(*SIZE, (one._replace(box=one.box._replace(score=0.75)), other))
    assert components(truth, CLASSES) == truth


def test_a_crowd_counts_neither_for_nor_against() -> None:
    one, crowd = disc(20, 20, 8, SIZE), disc(60, 60, 20, SIZE)
    truth = Truth(*SIZE, (one, Instance(crowd.box._replace(crowd=True), crowd.mask)))
    within = disc(60, 60, 7, SIZE)
    assert score(labels_of(truth), [Truth(*SIZE, (one, within))], CLASSES) == 1
    assert score(labels_of(Truth(*SIZE, (one,))), [Truth(*SIZE, (within, one))], CLASSES) < 1


def test_an_object_without_a_mask_counts_neither_for_nor_against() -> None:
    one, box = disc(20, 20, 8, SIZE), Instance(Box("ant", 40, 40, 80, 80))
    answer = Truth(*SIZE, (disc(60, 60, 9, SIZE), one))
    report = measure(labels_of(Truth(*SIZE, (one, box))), [answer], CLASSES, "test")
    assert report["mask_ap"] == 1 and report["objects"] == 1 and np.sum(report["confusion"]) == 1


def test_photos_without_objects_are_said_to_have_none() -> None:
    report = measure(labels_of(Truth(*SIZE)), [Truth(*SIZE)], CLASSES, "test")
    lines = [*map(str, told(report))]
    assert report["mask_ap"] == 0 and "Mask AP n/a on 1 test photos" in lines[1] and "nothing is shown on 1 of 1 of those." in lines[-1]


def test_people_are_told_of_masks_pieces_boxes_and_the_guess() -> None:
    settled = settle(TRUTHS, LABELS, CLASSES, LABELS)
    report = measure(LABELS, TRUTHS, CLASSES, "test", settled)
    _, masks, pieces, boxes, shown = map(str, told({"format": FORMAT, **report}))
    assert masks.startswith("Mask AP 1.000 (95 % interval 1.000–1.000), AP50 1.000") and "filled, would reach 0." in masks
    assert "for 24 objects on 6 test photos" in masks
    assert pieces == "The connected pieces of these masks would reach a mask AP50 of 0.000."
    assert boxes.startswith("Of the boxes around the masks, AP 1.000")
    assert shown.startswith("Of the masks that score") and "24 show an object of their class, 0 one of another and 0 none" in shown


def test_a_guesser_fills_the_mean_box() -> None:
    same = [Truth(*SIZE, (whole_boxes(TRUTHS[0]).instances[0],))] * 3
    assert "would reach a mask AP of 1.000 on the test photos" in floor(labels_of(*same), CLASSES, "test photos", labels_of(*same))
    assert "no" in floor(LABELS, CLASSES, "test photos", labels_of(Truth(*SIZE))).lower()


def test_objects_of_another_class_are_told_apart_by_their_masks() -> None:
    named = Truth(*SIZE, (disc(20, 20, 8, SIZE),))
    misnamed = Truth(*SIZE, (disc(20, 20, 8, SIZE, "bee"),))
    assert measure(labels_of(named), [misnamed], CLASSES, "test")["confusion"][0] == [0, 1, 0]


@pytest.mark.parametrize("score_of_wrong", [0.2, 0.9])
def test_the_threshold_leaves_out_what_is_wrong(score_of_wrong: float) -> None:
    right, wrong = disc(20, 20, 8, SIZE), disc(60, 60, 8, SIZE)
    answer = Truth(*SIZE, tuple(one._replace(box=one.box._replace(score=its)) for one, its in ((right, 0.5), (wrong, score_of_wrong))))
    settled = settle([answer], labels_of(Truth(*SIZE, (right,))), CLASSES, LABELS)["threshold"]["score"]
    assert (0.2 < settled <= 0.5) if score_of_wrong == 0.2 else settled <= 0.5
