"""Labels beside photos as text and as numbers."""

import pytest

from tltool.data.annotations.cells import write
from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.data.geometry import Frame
from tltool.errors import DataError
from tltool.task import Listing
from tltool.tasks import annotated


def truth(*names: str, width: int = 40, height: int = 30) -> Truth:
    return Truth(width, height, tuple(Instance(Box(name, 1, 2, 20, 25)) for name in names))


CELLS = [write(truth(*names)) for names in (("bee",), ("bee", "ant"), (), ("bee", "cow", "ant"), ("cow", "cow"))]


def test_a_cell_is_the_truth_and_names_its_classes_once() -> None:
    encoded = annotated.encode(CELLS, ["ant", "bee", "cow"])
    assert encoded.shape == (5,) and encoded[1] == truth("bee", "ant")
    assert [annotated.names(cell) for cell in CELLS] == [("bee",), ("bee", "ant"), (), ("bee", "cow", "ant"), ("cow",)]


def test_a_photo_is_counted_to_the_class_that_fewest_photos_have_and_without_one_to_none() -> None:
    assert annotated.rarest(annotated.encode(CELLS, [])).tolist() == [1, 0, 3, 0, 2]


def test_a_list_has_cells_as_split_csv_has_them_or_is_refused() -> None:
    def listing(column: str, *cells: str) -> Listing:
        return Listing(["path", column], [{"path": "a.png", column: cell} for cell in cells], ["line 2"] * len(cells), "list.csv")

    assert annotated.read(listing("label", CELLS[0], "")) == [CELLS[0], None]
    for wrong in (listing("label", "bee"), listing("name", CELLS[0])):
        with pytest.raises(DataError):
            annotated.read(wrong)


def test_a_frame_knows_the_size_of_its_photo() -> None:
    assert annotated.frames(annotated.encode(CELLS[:1], []), 64, "pad") == [Frame(40, 30, 64, "pad")]
