"""The masks of a photo as what is compared of its objects, instead of their boxes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tltool.data.annotations.masks import Polygons
from tltool.data.annotations.truths import Instance, Truth
from tltool.tasks.detect.boxes import Boxes, boxes_of, counting
from tltool.tasks.detect.matches import Regions


def outlined(truth: Truth, classes: Sequence[str]) -> tuple[Boxes, list[Any]]:
    """Boxes, and the mask of each as COCO's run lengths. An object whose mask nobody drew counts neither for nor against an answer, as a
    crowd does, anywhere in its box."""
    instances, boxes = counting(truth, classes), boxes_of(truth, classes)
    bare = np.array([instance.mask is None for instance in instances], bool)
    return boxes._replace(crowd=boxes.crowd | bare), [_code(instance, truth) for instance in instances]


MASKS = Regions("segm", "segmentation", outlined)


def _code(instance: Instance, truth: Truth) -> dict[str, Any]:
    mask = instance.mask or boxed(instance)
    return {"size": [truth.height, truth.width], "counts": mask.runs(truth.width, truth.height).counts}


def boxed(instance: Instance) -> Polygons:
    """The whole box as a mask."""
    left, top, right, bottom = instance.box.corners
    return Polygons(((left, top, right, top, right, bottom, left, bottom),))
