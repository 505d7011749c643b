"""Labels of a stored picture, moved to where they lie in the upright photo, and back."""

from collections.abc import Iterable

import numpy as np

from tltool.data.annotations.truths import Box, Instance, Point
from tltool.data.geometry import Placement


def turned(instances: Iterable[Instance], by: Placement, width: int, height: int) -> list[Instance]:
    """Objects of a picture of ``width`` × ``height`` pixels in the one that ``by``, a turn, leads to."""
    return [_turned(instance, by, width, height) for instance in instances]


def _turned(instance: Instance, by: Placement, width: int, height: int) -> Instance:
    corners = by.boxes(np.array([instance.box.corners]))[0].tolist()
    mask = instance.mask and instance.mask.moved(by, width, height)
    points = tuple(_moved(point, by) for point in instance.points)
    return Instance(Box.of(instance.box.label, corners, instance.box.crowd, instance.box.score), mask, points)


def _moved(point: Point, by: Placement) -> Point:
    x, y = by.points(np.array([[point.x, point.y]]))[0].tolist()
    return point._replace(x=x, y=y)
