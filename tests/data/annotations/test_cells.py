"""A truth is written and read without a loss, and what is no truth is refused in one sentence."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tltool.data.annotations.cells import parse, write
from tltool.data.annotations.class_masks import ClassMask, Region
from tltool.data.annotations.masks import Polygons, encode
from tltool.data.annotations.truths import Box, Instance, Point, Truth
from tltool.errors import DataError

NUMBERS = st.floats(-1e5, 1e5)
NAMES = st.text(min_size=1, max_size=12)  # of any script, with quotes, commas and line ends
BOXES = st.builds(Box, NAMES, NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.booleans(), st.floats(0, 1))
RINGS = st.lists(st.floats(-1e4, 1e4), min_size=6, max_size=12).filter(lambda ring: len(ring) % 2 == 0).map(tuple)
POLYGONS = st.builds(Polygons, st.lists(RINGS, min_size=1, max_size=3).map(tuple))
POINTS = st.lists(st.builds(Point, NAMES, NUMBERS, NUMBERS, st.booleans()), max_size=3).map(tuple)
CLASS_MASKS = st.builds(
    ClassMask,
    NAMES,
    st.lists(st.builds(Region, NAMES, st.integers(0, 255), st.integers(0, 10**9)), max_size=4).map(tuple),
    st.integers(1, 8),
)


@st.composite
def truths(draw: st.DrawFn) -> Truth:
    width, height = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    runs = st.integers(0, 2 ** (width * height) - 1).map(
        lambda bits: encode(np.array([bits >> i & 1 for i in range(width * height)]).reshape(height, width))
    )
    instances = st.lists(st.builds(Instance, BOXES, st.none() | POLYGONS | runs, POINTS), max_size=4).map(tuple)
    return Truth(width, height, draw(instances), draw(st.none() | CLASS_MASKS))


@settings(deadline=None, max_examples=50)
@given(truths())
def test_what_is_written_is_read_as_it_was(truth: Truth) -> None:
    cell = write(truth)
    assert parse(cell) == truth
    assert cell.isascii() and cell.isprintable()


@settings(deadline=None, max_examples=50)
@given(truths())
def test_a_cell_survives_a_csv(truth: Truth) -> None:
    file = io.StringIO()
    csv.writer(file).writerow([write(truth), "x"])
    assert parse(next(csv.reader(io.StringIO(file.getvalue())))[0]) == truth


def test_a_cell_is_short_and_can_be_read() -> None:
    truth = Truth(640, 480, (Instance(Box("cat", 1, 2, 30, 40.5), None, (Point("nose", 3, 4, False),)),))
    assert write(truth) == '{"size":[640,480],"objects":[{"label":"cat","box":[1,2,30,40.5],"points":[["nose",3,4,0]]}]}'
    assert write(Truth(3, 2)) == '{"size":[3,2]}'


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "cat",
        "{}",
        "[]",
        "3",
        '{"size":[1]}',
        '{"size":[1,NaN]}',
        '{"size":[1,1e308]}',
        '{"size":[1,1],"objects":3}',
        '{"size":[1,1],"objects":[{"label":3,"box":[0,0,1,1]}]}',
        '{"size":[1,1],"objects":[{"label":"x","box":[0,0,1]}]}',
        '{"size":[1,1],"objects":[{"label":"x","box":[0,0,1,"x"]}]}',
        '{"size":[1,1],"objects":[{"label":"x","box":[0,0,1,1],"polygons":[[1,2]]}]}',
        '{"size":[1,1],"objects":[{"label":"x","box":[0,0,1,1],"points":[["a",1]]}]}',
        '{"size":[1,1],"mask":{"path":"x"}}',
        '{"size":[1,1],"mask":{"path":"x","orientation":9,"regions":[]}}',
        '{"size":[1,1],"mask":{"path":"x","orientation":1,"regions":[["x",256,1]]}}',
        '{"size":[0,1]}',
        '{"size":[1.5,1]}',
        '{"size":[100000,100000]}',
        '{"size":[1,1],"objects":[{"label":"x","box":[0,0,1,1],"counts":"oooooo0"}]}',
        '{"size":[1,1],"objects":[{"label":"x","box":[0,0,1,1],"counts":[1]}]}',
        '{"size":[1,1],"mask":[]}',
        "[" * 100_000,
    ],
)
def test_what_is_no_truth_is_refused(cell: str) -> None:
    with pytest.raises(DataError, match="A label must be JSON as tltool writes it"):
        parse(cell)


def test_a_truth_knows_its_labels_masks_and_points() -> None:
    truth = Truth(
        4,
        2,
        (
            Instance(Box("dog", 0, 0, 4, 2), encode(np.array([[0, 1, 1, 0]] * 2))),
            Instance(Box("cat", 3, 1, 2, 2), None, (Point("b", 1, 1),)),
        ),
        ClassMask("m.png", (Region("road", 3, 8), Region("dog", 4, 1))),
    )
    assert truth.labels == ("dog", "cat", "road")
    assert [box.area for box in truth.boxes] == [8, 0]
    assert (truth.mask(0).tolist(), truth.mask(1)) == ([[0, 1, 1, 0]] * 2, None)  # type: ignore[union-attr]
    assert str(truth.coordinates(1, ("a", "b")).tolist()) == "[[nan, nan], [1.0, 1.0]]"
