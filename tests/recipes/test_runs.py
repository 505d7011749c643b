"""``tltool runs``: from the command line."""

import csv
import io
import json
from pathlib import Path

import pytest
from answered import answering, with_errors
from click.testing import CliRunner

from tltool.cli.main import tltool


def test_runs_are_listed_for_people_and_for_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number, errors in ((1, 12), (2, 3)):
        answering(Path("runs") / f"finetune-{number}", with_errors(*range(errors)))
    told = CliRunner().invoke(tltool, ["runs", "--sort", "score"])
    assert told.exit_code == 0 and told.stdout.index("runs/finetune-2") < told.stdout.index("runs/finetune-1") and "0.950" in told.stdout
    lines = CliRunner().invoke(tltool, ["runs", "runs", "--json", "--sort", "name"]).stdout.splitlines()
    assert [json.loads(line)["score"] for line in lines] == [0.8, 0.95]
    rows = csv.DictReader(io.StringIO(CliRunner().invoke(tltool, ["runs", "--csv", "--sort", "name"]).stdout))
    assert [row["run"] for row in rows] == ["runs/finetune-1", "runs/finetune-2"]


def test_where_there_is_no_folder_of_runs_it_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(tltool, ["runs"])
    assert done.exit_code == 1 and done.stderr.startswith("Error: The runs to list must lie below a folder. Received: runs, which is none.")
