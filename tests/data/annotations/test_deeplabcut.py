"""DeepLabCut's CSV: points by name, with one cell for the photo or three."""

from pathlib import Path

import pytest
from labelled import write_photo

from tltool.data.annotations.annotated import Annotated
from tltool.data.annotations.folder import read_annotated
from tltool.errors import DataError

HEAD = "scorer,me,me,me,me\nbodyparts,nose,nose,tail,tail\ncoords,x,y,x,y\n"
THREE = "scorer,,,me,me,me,me\nbodyparts,,,nose,nose,tail,tail\ncoords,,,x,y,x,y\n"


def read(folder: Path, text: str) -> Annotated:
    for name in ("a", "b"):
        write_photo(folder / "labeled-data" / "video" / f"{name}.png", (40, 30))
    (folder / "labeled-data" / "video" / "CollectedData_me.csv").write_text(text)
    return read_annotated(folder)


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}labeled-data/video/a.png,1.5,2,3,4\nlabeled-data/video/b.png,5,6,,\n",
        f"{HEAD}a.png,1.5,2,3,4\r\nb.png,5,6,NaN,nan\r\n",
        f"{THREE}labeled-data,video,a.png,1.5,2,3,4\nlabeled-data,video,b.png,5,6,,\n",
        f"\ufeff{HEAD}labeled-data\\video\\a.png,1.5,2,3,4\nb.png,5,6,,\n\n",
        "scorer,m,m,m,m,m,m\nindividuals,one,one,one,one,one,one\nbodyparts,nose,nose,nose,tail,tail,tail\n"
        "coords,x,y,likelihood,x,y,likelihood\na.png,1.5,2,0.9,3,4,0.9\nb.png,5,6,1,,,\n",
    ],
)
def test_points_are_read_by_name_and_empty_cells_are_not_marked(text: str, tmp_path: Path) -> None:
    annotated = read(tmp_path, text)
    assert (annotated.points, annotated.tasks[0], annotated.faults) == (("nose", "tail"), "landmarks", [])
    points = [[tuple(point[:3]) for point in truth.instances[0].points] for truth in annotated.truths]
    assert points == [[("nose", 1.5, 2), ("tail", 3, 4)], [("nose", 5, 6)]]
    assert annotated.truths[0].boxes[0].corners == (1.5, 2, 3, 4)


def test_a_row_without_points_says_that_there_are_none(tmp_path: Path) -> None:
    annotated = read(tmp_path, f"{HEAD}a.png,1,2,3,4\nb.png,,,,\n")
    assert [len(truth.instances) for truth in annotated.truths] == [1, 0]


def test_rows_that_cannot_be_used_are_faults(tmp_path: Path) -> None:
    annotated = read(tmp_path, f"{HEAD}a.png,1,2,3,x\nb.png,1,2,3,4\nb.png,1,2,3,4\nz.png,1,2,3,4\n../../x.png,1e308,2,3,4\n")
    assert len(annotated) == 1
    assert {(Path(fault.path).name, fault.reason) for fault in annotated.faults} == {
        ("a.png", "has a point that is no number ('x')"),
        ("b.png", "is listed more than once; the first row counts"),
        ("z.png", "is not there, and is named in CollectedData_me.csv"),
        ("x.png", "is not there, and is named in CollectedData_me.csv"),
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("scorer,me\n", "has no rows bodyparts and coords"),
        ("scorer,me,me\nbodyparts,nose,nose\na.png,1,2\n", "where one of scorer, individuals, bodyparts, coords must stand"),
        ("scorer,me,me\nbodyparts,nose,nose\ncoords,y,x\na.png,1,2\n", "has points without an x and then a y"),
        ("scorer,me,me\nbodyparts,nose\ncoords,x,y\n", "has no rows bodyparts and coords of one length"),
        (
            "scorer,m,m,m,m\nindividuals,one,one,two,two\nbodyparts,nose,nose,nose,nose\ncoords,x,y,x,y\na.png,1,2,3,4\n",
            "has the points of 2 objects in one photo",
        ),
        ("scorer,a\x00b\nx", "has 'x' where one of scorer"),
    ],
)
def test_a_table_in_another_form_is_one_sentence(text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"A CSV of points must be as DeepLabCut writes it\. Received: .*CollectedData_me\.csv'") as refused:
        read(tmp_path, text)
    assert reason in str(refused.value)
