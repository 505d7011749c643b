"""With what an interrupted run goes on, and which part of a larger one is taken as it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from tltool.errors import RunError
from tltool.parameters import Folds, MinAccuracy, Resume
from tltool.runs import Run, carry_on, read_asked, reopen
from tltool.specs import Photos, Training


def finetune(photos: Photos, training: Training = Training(), folds: Folds = None, min_accuracy: MinAccuracy = None,
             resume: Resume = None) -> None:
    """What has the name and the parameters of a recipe."""


def interrupted(folder: Path, **asked: Any) -> Run:
    specs = {"photos": Photos(data="photos"), "training": Training(batch_size=8).fill(epochs=3, learning_rate=0.01)}
    return Run.create(folder / "run", "finetune", specs, asked=asked)


def test_automatic_values_go_on_as_they_were_resolved_and_do_not_count_as_typed(tmp_path: Path) -> None:
    training = reopen(interrupted(tmp_path).path, finetune)["training"]
    assert (training.batch_size, training.epochs, training.learning_rate) == (8, 3, 0.01)
    assert training.typed() == {"batch_size": 8}


def test_folds_and_a_gate_that_were_asked_for_go_on(tmp_path: Path) -> None:
    run = interrupted(tmp_path, folds=5, min_accuracy=None)
    assert {name: value for name, value in reopen(run.path, finetune).items() if name in ("folds", "min_accuracy")} == {"folds": 5}
    again = Run.create(None, "finetune", {}, resume=run.path, asked={"folds": None, "min_accuracy": 0.5})
    assert read_asked(again.path, finetune) == {"folds": 5, "min_accuracy": 0.5}


def test_a_run_that_says_nothing_of_what_else_was_asked_for_goes_on(tmp_path: Path) -> None:
    run = interrupted(tmp_path)
    record = run.record
    del record["asked"]
    run.write_json("run.json", record)
    assert read_asked(run.path, finetune) == {}


@pytest.mark.parametrize("asked", [{"folds": 1}, {"folds": "many"}, {"min_accuracy": 2}, [5], 5])
def test_what_could_not_be_typed_is_refused(tmp_path: Path, asked: Any) -> None:
    run = interrupted(tmp_path)
    run.write_json("run.json", {**run.record, "asked": asked})
    with pytest.raises(RunError, match=r"run\.json must keep what was asked for"):
        reopen(run.path, finetune)


def test_what_is_asked_for_under_no_name_of_the_recipe_is_passed_over(tmp_path: Path) -> None:
    assert read_asked(interrupted(tmp_path, colour="red").path, finetune) == {}


@pytest.mark.parametrize("recipe", ["demo", "no-such-recipe"])
def test_a_run_of_a_recipe_that_does_not_go_on_says_so(tmp_path: Path, recipe: str) -> None:
    with pytest.raises(RunError, match=r"that can go on|to go on with it"):
        Run.create(tmp_path / "run", recipe, {}).resume()


# Parts of a larger run


def begin(folder: Path, started: str, **facts: Any) -> Run:
    run = Run.create(folder, "scratch", {}, force=folder.exists(), **facts)
    run.note(started=started)
    return run


def test_a_finished_part_is_taken_as_it_is(tmp_path: Path) -> None:
    whole = begin(tmp_path / "whole", "2026-01-01T10:00:00+00:00")
    part = begin(whole.path / "stack", "2026-01-01T10:00:00+00:00")
    part.finish({})
    assert carry_on(lambda **_: pytest.fail("run again"), whole, "stack") == part


@pytest.mark.parametrize("state", ["finished", "unfinished"])
def test_a_part_of_the_run_that_was_replaced_is_replaced_too(tmp_path: Path, state: str) -> None:
    begin(tmp_path / "whole", "2026-01-01T10:00:00+00:00")
    begin(tmp_path / "whole" / "stack", "2026-01-01T10:00:09+00:00").note(state=state)
    whole, given = begin(tmp_path / "whole", "2026-01-01T11:00:00+00:00"), {}

    def recipe(**wishes: Any) -> Run:
        given.update(wishes)
        return Run(wishes["out"])

    assert carry_on(recipe, whole, "stack", stack="other").path == whole.path / "stack"
    assert given == {"stack": "other", "out": whole.path / "stack", "force": True}


def test_force_removes_what_a_comparison_wrote(tmp_path: Path) -> None:
    run = begin(tmp_path / "whole", "2026-01-01T10:00:00+00:00")
    for name in ("comparison.json", "comparison.png", "three-reasons.png", "my-comparison.png"):
        (run.path / name).touch()
    Run.create(run.path, "compare", {}, force=True)
    assert sorted(file.name for file in run.path.iterdir()) == ["my-comparison.png", "run.json"]
    assert json.loads((run.path / "run.json").read_text())["recipe"] == "compare"
