"""Photos that belong together: read out of file names, and bound by content, group and looks."""

import hashlib

import pandas
import pytest

from tltool.data import group_by, split
from tltool.data.samples import Samples
from tltool.data.splitting.groups import bind
from tltool.errors import DataError, SpecError


def make(*paths: str, groups: tuple[str, ...] = (), labels: tuple[str, ...] = ()) -> Samples:
    """Samples below /data, labelled by the folder before the file's unless told otherwise."""
    table = pandas.DataFrame(
        {
            "path": [f"/data/{path}" for path in paths],
            "sha256": [hashlib.sha256(path.encode()).hexdigest() for path in paths],
            "label": labels or [path.removeprefix("train/").removeprefix("test/").split("/")[0] for path in paths],
            "group": groups or [""] * len(paths),
            "split": "",
        },
        dtype=object,
    )
    return Samples(table, sorted(set(table["label"])))


def groups_of(samples: Samples, pattern: str) -> list[str]:
    return group_by(samples, pattern).table["group"].tolist()


def test_a_group_is_read_from_the_file_name_or_a_folder_below_the_class() -> None:
    samples = make("cat/patient12_1.jpg", "cat/patient12/x.jpg", "dog/patient12-b.jpg", "dog/patient7/deep/er.jpg")
    assert groups_of(samples, r"patient\d+") == ["patient12", "patient12", "patient12", "patient7"]
    assert groups_of(samples, r"^patient(\d+)") == ["12", "12", "12", "7"]


def test_the_class_and_what_lies_above_it_are_not_looked_at() -> None:
    samples = make("train/class1/a5.jpg", "test/class2/a5.jpg", "train/class2/b6.jpg")
    assert groups_of(samples, r"\d+") == ["5", "5", "6"]
    nested = make("cat/cat/3.jpg", "cat/4.jpg", "dog/cat/5.jpg")
    assert groups_of(nested, r"cat/|\d") == ["cat/", "4", "cat/"]


def test_names_in_a_list_are_read_below_the_folder_they_share() -> None:
    samples = make("p12/1.jpg", "p12/2.jpg", "p13/1.jpg", labels=("a", "b", "a"))
    assert groups_of(samples, "^[^/]+") == ["p12", "p12", "p13"]


def test_the_first_group_of_the_pattern_that_matched_counts() -> None:
    samples = make("c/a12_3.jpg", "d/b45_6.jpg", "d/12x.jpg")
    assert groups_of(samples, r"a(\d+)|b(\d+)|(\d+)x") == ["12", "45", "12"]


def test_a_group_from_a_column_stays(caplog: pytest.LogCaptureFixture) -> None:
    samples = make("c/a1.jpg", "c/a2.jpg", "d/a3.jpg", groups=("mine", "", ""))
    assert groups_of(samples, r"a(\d)") == ["mine", "2", "3"]


def test_photos_without_a_match_stay_alone_and_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    samples = make("c/p1_a.jpg", "c/p1_b.jpg", "c/p2_a.jpg", "d/other.jpg", "d/an\nother.jpg")
    assert groups_of(samples, r"p\d") == ["p1", "p1", "p2", "", ""]
    assert "--group-by finds 2 groups of 3 photos; the largest is 'p1' with 2." in caplog.text
    assert "2 of 5 photos do not match --group-by, and each stays alone: 'other.jpg', 'an\\nother.jpg'." in caplog.text


@pytest.mark.parametrize("pattern", ["(", "*", "[", r"(?P<a", "a{2,1}"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(SpecError, match="--group-by must be a regular expression"):
        group_by(make("c/1.jpg", "d/2.jpg"), pattern)


@pytest.mark.parametrize("pattern", ["patient", "", "x*", "(x)?", "(x*)"])
def test_a_pattern_that_matches_no_photo_is_refused(pattern: str) -> None:
    with pytest.raises(DataError, match=r"match the names of photos. Received: .*none of 2, such as '1.jpg'"):
        group_by(make("c/1.jpg", "d/2.jpg"), pattern)


def test_a_pattern_that_tells_nothing_apart_is_refused() -> None:
    with pytest.raises(DataError, match=r"gives all 2 of them the group '\.jpg'"):
        group_by(make("c/1.jpg", "d/2.jpg"), r"\.jpg")


def test_groups_stay_in_one_part() -> None:
    samples = group_by(make(*(f"{name}/p{i // 4}_{i}.jpg" for name in "ab" for i in range(40))), r"p\d+")
    done = split(samples, 0.2, 0.2, seed=0).table
    assert done.groupby("group")["split"].nunique().max() == 1 and set(done["split"]) == {"train", "validation", "test"}


def test_rows_are_bound_directly_or_through_others() -> None:
    samples = make(*(f"c/{i}.jpg" for i in range(8)), groups=("", "g", "g", "", "", "", "", ""))
    samples.table.loc[3, "sha256"] = samples.table.loc[2, "sha256"]
    assert bind(samples) == [[0], [1, 2, 3], [4], [5], [6], [7]]
    assert bind(samples, [[3, 4], [6, 7], [5]]) == [[0], [1, 2, 3, 4], [5], [6, 7]]
