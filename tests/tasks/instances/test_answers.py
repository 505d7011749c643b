"""What is said of a photo: objects with masks, of which some are shown."""

import json

from discs import CLASSES, SIDE, disc, known, marked, row_of_discs
from pycocotools import mask as coco

from tltool.data.annotations.cells import parse, write
from tltool.data.annotations.truths import Truth
from tltool.data.geometry import Frame
from tltool.tasks.instances.answers import choose, picked, record, said

SIZE = (60, 40)
SETTLED = {"threshold": {"score": 0.5}}


def answer() -> Truth:
    ones = (disc(15, 15, 8, SIZE), disc(30, 20, 8, SIZE, "bee"), disc(45, 20, 8, SIZE))
    return Truth(*SIZE, tuple(one._replace(box=one.box._replace(score=its)) for one, its in zip(ones, (0.25, 0.75, 0.5))))


def test_every_photo_has_its_own_cell_in_order() -> None:
    truths = [row_of_discs(0, n=n) for n in (1, 3, 2)]
    frames = [Frame(truth.width, truth.height, SIDE, "pad") for truth in truths]
    assert [len(parse(cell).instances) for cell in said(known(*truths), CLASSES, {}, frames)] == [1, 3, 2]


def test_what_is_shown_keeps_its_mask() -> None:
    cell = write(answer())
    chosen = choose(cell, known(row_of_discs(0))[0], CLASSES, SETTLED, None)
    assert [(choice.label, choice.score) for choice in chosen] == [("bee", 0.75), ("ant", 0.5)]
    assert picked(cell, chosen).instances == answer().instances[1:]
    (best,) = picked(cell, choose(cell, known(row_of_discs(0))[0], CLASSES, SETTLED, 1)).instances
    assert best == answer().instances[1]


def test_a_record_has_masks_that_other_tools_read() -> None:
    cell = write(answer())
    content = json.loads(json.dumps(record(cell, choose(cell, known(row_of_discs(0))[0], CLASSES, SETTLED, None))))
    assert content["size"] == [60, 40] and [one["label"] for one in content["objects"]] == ["bee", "ant"]
    for one, place in zip(content["objects"], (1, 2), strict=True):
        assert marked(coco.decode(one["mask"]) != 0).box.corners == tuple(one["box"]) == answer().boxes[place].corners
