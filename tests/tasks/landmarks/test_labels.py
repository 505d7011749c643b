import numpy as np
import pytest
from named_points import NAMES, SHAPE, truths_of, without

from tltool.data.annotations.cells import write
from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.errors import DataError
from tltool.task import Listing
from tltool.tasks.landmarks import labels
from tltool.tasks.landmarks.points import coordinates, sizes, truth_of


def test_cells_say_the_same_after_they_were_encoded() -> None:
    truths = truths_of(3)
    assert [*map(write, labels.encode([*map(write, truths)], NAMES))] == [*map(write, truths)]
    assert truths.dtype == object and truths.shape == (3,)


def test_the_points_that_are_marked_are_named() -> None:
    truth = without(truths_of(1)[0], "leftear")
    assert labels.names(write(truth)) == ("snout", "rightear", "tailbase")


def test_a_photo_without_an_object_has_no_points() -> None:
    encoded = labels.encode([write(Truth(40, 30))], NAMES)
    assert labels.names(write(encoded[0])) == ()
    assert np.isnan(coordinates(encoded, NAMES)).all() and sizes(encoded).tolist() == [[40, 30]]


def test_a_photo_of_several_objects_is_refused_with_their_number() -> None:
    instance = Instance(Box.of("mouse", (1, 2, 3, 4)))
    with pytest.raises(DataError, match="1 photo with more, one of them with 2"):
        labels.encode([write(Truth(10, 10, (instance, instance)))], NAMES)


def test_photos_are_all_counted_alike_and_lie_where_their_size_says() -> None:
    truths = truths_of(2, (30, 60))
    assert labels.rarest(truths).tolist() == [0, 0]
    assert [tuple(frame) for frame in labels.frames(truths, 32, "pad")] == [(30, 60, 32, "pad")] * 2


def test_a_list_must_have_cells() -> None:
    cell = write(truth_of((4, 4), SHAPE * 4, NAMES))
    assert labels.read(Listing(["path", "label"], [{"path": "a", "label": cell}, {"path": "b", "label": ""}], ["1", "2"], "x")) == [
        cell,
        None,
    ]
    with pytest.raises(DataError, match="label"):
        labels.read(Listing(["path"], [{"path": "a"}], ["1"], "x"))
    assert labels.recognize(Listing([], [], [], "x")) == "" and labels.join(cell, cell) is None


def test_names_without_sides_must_not_be_mirrored() -> None:
    assert labels.may_flip(NAMES) and not labels.may_flip(["a", "b"])
