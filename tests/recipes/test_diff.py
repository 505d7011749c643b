"""``tltool diff``: from the command line, and what it cannot take."""

import json
from pathlib import Path

import pytest
from answered import answering, with_errors
from click.testing import CliRunner

from tltool import RunError, diff
from tltool.cli.main import tltool


def test_two_runs_are_told_apart_for_people_and_for_machines(tmp_path: Path) -> None:
    first, second = answering(tmp_path / "a", with_errors(*range(12))), answering(tmp_path / "b", with_errors(0))
    told = CliRunner().invoke(tltool, ["diff", str(first.path), str(second.path)])
    assert told.exit_code == 0 and "The second is better" in told.stdout and "McNemar" in told.stdout
    done = CliRunner().invoke(tltool, ["diff", str(first.path), str(second.path), "--json"])
    facts, *photos = map(json.loads, done.stdout.splitlines())
    assert facts["is_real"] and facts["score"] == "accuracy" and len(facts["sides"]) == 2 and len(photos) == 11
    assert photos[0]["photo"] | {"path": ""} == photos[0]["photo"] | {"path": "", "after": 1.0, "before": 0.0}


def test_what_is_no_run_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"A run is a folder that holds run\.json"):
        diff(tmp_path, tmp_path)
