"""With what an interrupted run goes on, and which part of a larger one is taken as it is."""

from pathlib import Path
from typing import Any

import pytest

from tltool.errors import RunError
from tltool.parameters import Folds, MinScore, Resume
from tltool.runs import Run, carry_on, read_asked, reopen
from tltool.specs import Photos, Spec, Training


def finetune(
    photos: Photos, training: Training = Training(), folds: Folds = None, min_score: MinScore = None, resume: Resume = None
) -> None:
    """What has the name and the parameters of a recipe."""


def interrupted(folder: Path, **asked: Any) -> Run:
    specs = {"photos": Photos(data="photos"), "training": Training(batch_size=8).fill(epochs=3, learning_rate=0.01)}
    return Run.create(folder / "run", "finetune", specs, asked=asked)


def test_automatic_values_go_on_as_they_were_resolved_and_do_not_count_as_typed(tmp_path: Path) -> None:
    training = reopen(interrupted(tmp_path).path, finetune)["training"]
    assert (training.batch_size, training.epochs, training.learning_rate) == (8, 3, 0.01)
    assert training.typed() == {"batch_size": 8}


def test_folds_and_a_gate_that_were_asked_for_go_on(tmp_path: Path) -> None:
    run = interrupted(tmp_path, folds=5, min_score=None)
    assert {name: value for name, value in reopen(run.path, finetune).items() if name in ("folds", "min_score")} == {"folds": 5}
    again = Run.create(None, "finetune", {}, resume=run.path, asked={"folds": None, "min_score": 0.5})
    assert read_asked(again.path, finetune) == {"folds": 5, "min_score": 0.5}


def test_a_run_that_says_nothing_of_what_else_was_asked_for_goes_on(tmp_path: Path) -> None:
    run = interrupted(tmp_path)
    record = run.record.content
    del record["asked"]
    run.write_json("run.json", record)
    assert read_asked(run.path, finetune) == {}


@pytest.mark.parametrize("asked", [{"folds": 1}, {"folds": "many"}, {"min_score": 2}])
def test_what_could_not_be_typed_is_refused(tmp_path: Path, asked: Any) -> None:
    run = interrupted(tmp_path)
    run.write_json("run.json", {**run.record.content, "asked": asked})
    with pytest.raises(RunError, match=r"run\.json must keep what was asked for"):
        reopen(run.path, finetune)


def test_what_is_asked_for_under_no_name_of_the_recipe_is_passed_over(tmp_path: Path) -> None:
    assert read_asked(interrupted(tmp_path, colour="red").path, finetune) == {}


@pytest.mark.parametrize("recipe", ["demo", "no_such_recipe"])
def test_a_run_of_a_recipe_that_does_not_go_on_says_so(tmp_path: Path, recipe: str) -> None:
    with pytest.raises(RunError, match=r"that can go on|to go on with it"):
        Run.create(tmp_path / "run", recipe, {}).resume()


@pytest.mark.parametrize("asked", [{"out": "/elsewhere", "force": True}, {"dry_run": True}, {"resume": "x"}, {"photos": {"data": "q"}}])
def test_a_run_from_anywhere_says_neither_where_to_write_nor_over_what(tmp_path: Path, asked: dict[str, Any]) -> None:
    from tltool.recipes.finetune import finetune as recipe

    run = interrupted(tmp_path)
    run.write_json("run.json", {**run.record.content, "asked": asked})
    assert read_asked(run.path, recipe) == {}
    assert set(reopen(run.path, recipe)) == {"photos", "training", "resume"}


# Parts of a larger run


def begin(folder: Path, recipe: str, **specs: Spec) -> Run:
    return Run.create(folder, recipe, specs, force=folder.exists())


def unasked(**_: Any) -> Run:
    pytest.fail("run again")


def test_a_finished_part_that_is_what_the_whole_asks_for_is_taken_as_it_is(tmp_path: Path) -> None:
    whole = begin(tmp_path / "whole", "compare")
    part = begin(whole.path / "stack", "scratch", training=Training(seed=5).fill(epochs=7))
    part.note(state="finished")
    assert carry_on(unasked, whole, "stack", training=Training(seed=5)) == part
    whole.note(started="2100-01-01T00:00:00+00:00")  # a clock that was put back does not throw away what was trained
    assert carry_on(unasked, whole, "stack", training=Training(seed=5)) == part


@pytest.mark.parametrize("state", ["finished", "unfinished"])
def test_a_part_with_other_wishes_or_other_photos_is_refused(tmp_path: Path, state: str) -> None:
    whole = begin(tmp_path / "whole", "compare")
    split = whole.path / "split.csv"
    split.write_text("one")
    part = begin(whole.path / "stack", "scratch", training=Training(epochs=7), photos=Photos(data=split, size=96))
    part.note(state=state)
    with pytest.raises(RunError, match=r"Received: .*stack, begun with other training\. Begin the whole anew with --force"):
        carry_on(unasked, whole, "stack", training=Training(epochs=8), photos=Photos(data=split, size=96))
    (part.path / "split.csv").write_text("two")
    with pytest.raises(RunError, match="begun with other photos"):
        carry_on(unasked, whole, "stack", training=Training(epochs=7), photos=Photos(data=split, size=96))


def test_a_part_whose_folder_holds_notes_only_is_begun(tmp_path: Path) -> None:
    whole = begin(tmp_path / "whole", "compare")
    (whole.path / "stack").mkdir()
    (whole.path / "stack" / "notes.txt").touch()
    assert carry_on(lambda out, force, report: Run.create(out, "scratch", {}, force), whole, "stack").record["state"] == "unfinished"
    (whole.path / "dense").mkdir()
    (whole.path / "dense" / "model.keras").touch()
    with pytest.raises(RunError, match=r"only what tltool wrote\. Received: .*dense"):
        carry_on(lambda out, force, report: Run.create(out, "scratch", {}, force), whole, "dense")
