"""Trackers by their names: ours, those of other packages, and what is refused at the door."""

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from tltool import trackers
from tltool.errors import SpecError
from tltool.specs import Training
from tltool.trackers import GROUP, open_tracker, reason_of, without_secrets

HERE = __name__


class Notebook:
    """A tracker of another package, as far as the door looks at it."""

    def __init__(self, place: str) -> None:
        if place == "nowhere":
            raise ValueError("there is no nowhere")
        self.place = place


@pytest.fixture(autouse=True)
def others(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other packages bring: one that works, and one whose package is broken."""

    def found(group: str) -> list[Any]:
        assert group == GROUP == "tltool.trackers"
        return [Point("notebook", Notebook), EntryPoint("broken", "no_such_package:Tracker", GROUP)]

    monkeypatch.setattr(trackers, "entry_points", found)


class Point:
    """An entry point whose object is at hand."""

    def __init__(self, name: str, value: Any) -> None:
        self.name, self.value = name, value

    def load(self) -> Any:
        return self.value


@pytest.mark.parametrize(
    ("track", "place"),
    [("notebook", ""), ("notebook:", ""), ("notebook:http://host:5000/a", "http://host:5000/a"), ("notebook:a:b", "a:b")],
)
def test_a_tracker_of_another_package_is_given_its_place_as_it_was_typed(track: str, place: str) -> None:
    tracker: Any = open_tracker(track)
    assert isinstance(tracker, Notebook) and tracker.place == place
    assert Training(track=track).track == track


def test_no_tracker_is_loaded_where_none_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trackers, "entry_points", lambda group: pytest.fail("looked for trackers"))
    assert Training().track is None


def test_an_unknown_name_is_answered_with_those_that_are_there() -> None:
    with pytest.raises(SpecError, match=r"^--track must be one of broken, notebook, mlflow\. Received: 'xyz'\.$"):
        open_tracker("xyz")
    with pytest.raises(SpecError, match=r"did you mean 'mlflow'"):
        open_tracker("mlfow:http://host")


@pytest.mark.parametrize(("track", "why"), [("broken", r"No module named 'no_such_package'"), ("notebook:nowhere", r"there is no nowhere")])
def test_a_tracker_that_cannot_be_used_is_refused_in_one_sentence_with_its_reason(track: str, why: str) -> None:
    with pytest.raises(SpecError, match=rf"^Training\.track must name a tracker that can be used\. Received: '{track}' \({why}\)\."):
        Training(track=track)


@pytest.mark.parametrize(
    "track",
    [
        "notebook:http://anna:s3cret@host:5000",
        "notebook:http://s3cret@host",
        "notebook:postgresql://anna:s3/cr@et@host/base",
        "notebook:postgresql:///base?user=anna&password=s3cret",
        "notebook:http://host/?api_key=s3cret",
    ],
)
def test_a_password_is_refused_and_not_repeated(track: str) -> None:
    with pytest.raises(SpecError, match="must say no user, password or token") as error:
        Training(track=track)
    for part in ("s3", "cr@et", "cret"):
        assert part not in error.value.typed.replace("secret", "")
        assert part not in str(error.value)


@pytest.mark.parametrize("place", ["sqlite:////home/me@work/mlflow.db", "http://host:5000/mail", "sqlite:///a.db?timeout=5"])
def test_an_address_without_secrets_is_taken_as_it_is(place: str) -> None:
    assert open_tracker(f"notebook:{place}") and without_secrets(place) == place


def test_a_reason_is_one_short_line_without_secrets() -> None:
    assert reason_of(RuntimeError("asked http://anna:s3cret@host/x\nin vain")) == "asked http://…host/x in vain"
    assert reason_of(KeyError()) == "KeyError"
    assert len(reason_of(RuntimeError("x" * 1000))) == 300


def test_a_reason_that_comes_from_the_system_is_told_in_its_words() -> None:
    try:
        try:
            raise ConnectionRefusedError(111, "Connection refused")
        except OSError:
            raise RuntimeError("a very long story")  # noqa: B904 - as others do
    except RuntimeError as error:
        assert reason_of(error) == "Connection refused"
