"""What may be given as photos: a path on this computer, unpacked; a table of any library that pandas takes over."""

from pathlib import Path

import pandas
import pytest

from tltool.data.reading.places import UNPACKERS, existing_path
from tltool.errors import DataError, SpecError
from tltool.specs import Photos
from tltool.specs.sources import as_source


class Columns:
    """A table as polars has it where pyarrow is not installed."""

    columns = ("path", "label")

    def to_pandas(self) -> pandas.DataFrame:
        raise ModuleNotFoundError("pa.Table requires 'pyarrow' module to be installed")

    def __getitem__(self, name: str) -> list[str]:
        return {"path": ["a.jpg", "b.jpg"], "label": ["hat", "shoe"]}[name]


class Converted(Columns):
    def to_pandas(self) -> pandas.DataFrame:
        return pandas.DataFrame({name: self[name] for name in self.columns})


class Lazy(Columns):
    def collect(self) -> Columns:
        return Columns()


class Broken(Columns):
    def __getitem__(self, name: str) -> list[str]:
        raise LookupError(name)


@pytest.mark.parametrize("table", [Columns(), Converted()])
def test_a_table_of_another_library_is_taken_over(table: Columns) -> None:
    assert Photos(data=table).data.to_dict("list") == {"path": ["a.jpg", "b.jpg"], "label": ["hat", "shoe"]}


def test_a_polars_table_is_taken_over_where_there_is_polars() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"path": ["a.jpg"], "label": ["hat"]})
    assert as_source(frame).to_dict("list") == {"path": ["a.jpg"], "label": ["hat"]}
    with pytest.raises(SpecError, match=r"polars.*LazyFrame\. Write \.collect\(\) behind it"):
        as_source(frame.lazy())


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (Lazy(), r"\.Lazy\. Write \.collect\(\) behind it"),
        (Broken(), r"\.Broken\. Give the path"),
        (pandas.Series([1]), r"Series\. Give"),
        ([1, 2], r"\[1, 2\]\. Give"),
        (b"x", r"b'x'\. Give"),
    ],
)
def test_what_is_no_table_is_refused_by_name(data: object, hint: str) -> None:
    with pytest.raises(SpecError, match=rf"^Photos must be given as a folder, a CSV or a DataFrame\. Received: .*{hint}"):
        Photos(data=data)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("https://example.org/a/photos.zip", "https://example.org/a/photos.zip, an address. Download it, unpack it, and give the folder."),
        ("s3://bucket/photos", "s3://bucket/photos, an address. Download it"),
        ("HTTP://example.org", "HTTP://example.org, an address. Download it"),
        ("file:///home/me/photos", "file://home/me/photos, an address. Give the path behind it."),
    ],
)
def test_an_address_is_not_fetched_and_says_so(address: str, message: str) -> None:
    with pytest.raises(DataError) as error:
        existing_path(Photos(data=address).data)
    assert str(error.value).startswith(f"The photos must lie on this computer. Received: {message}")


@pytest.mark.parametrize("packed", UNPACKERS)
def test_an_archive_says_how_it_is_unpacked(packed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(f"my photos{packed.upper()}").touch()
    with pytest.raises(DataError, match=r"must lie unpacked in a folder\. Received: .*an archive\.") as error:
        existing_path(Path(f"my photos{packed.upper()}"))
    assert f"'my photos{packed.upper()}'" in str(error.value) and str(error.value).endswith("--data 'my photos'.")


def test_a_folder_called_like_an_archive_or_an_address_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("photos.zip", "http:/photos"):
        Path(name).mkdir(parents=True)
        assert existing_path(Path(name)) == str(tmp_path / name)
