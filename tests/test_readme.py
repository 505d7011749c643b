"""The README and the pages of tasks are true: their commands exist, their Python runs, and shell completion completes."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest
import real_data
from answered import LABELS, answering, with_errors
from check_located import TRUTHS
from located import located
from marked import WRITERS
from PIL import Image

from tltool import Backbone, Photos, catalog
from tltool.cli.main import tltool
from tltool.data import read_photos
from tltool.runs import Run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROSE = re.sub(r"```python\n.*?```", "", README, flags=re.DOTALL)
COMMANDS = sorted({line.strip() for line in re.findall(r"(?:`|  )(tltool [a-z][^`\n]*)", PROSE)})
PAGES = [ROOT / "docs" / f"{task}.md" for task in catalog.TASKS]
SHELL = [
    block
    for page in sorted((ROOT / "docs").glob("*.md"))
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
]
LINES = sorted({line for block in SHELL for line in block.splitlines() if line.startswith("tltool ")})


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_in_the_readme_exists_with_its_flags(line: str) -> None:
    name, *rest = shlex.split(line)[1:]
    command = tltool.get_command(click.Context(tltool), name)
    assert command is not None, f"README names an unknown command: {line}"
    known = {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in rest if word.startswith("--")} <= known


@pytest.mark.parametrize("line", LINES)
def test_every_command_in_the_docs_can_be_given(line: str) -> None:
    name, *rest = shlex.split(line, comments=True)[1:]
    command = tltool.get_command(click.Context(tltool), name)
    assert command is not None, f"docs name an unknown command: {line}"
    command.make_context(name, rest)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_pages_of_tasks_have_the_same_headings_and_the_commands_of_their_task(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    headings = ["What it answers", "Data", "Command", "Python", "Report", "Export", "Limits", "Who does it better"]
    assert re.findall(r"^## (.*)", text, re.MULTILINE) == headings
    assert f"--task {page.stem} " in text and f'task="{page.stem}"' in text


def write_named(folder: Path, n: int = 24) -> Path:
    """``n`` photos of two classes, in ``folder/CLASS`` and in ``folder.csv``, which gives every third one both as labels."""
    names = [("hat", "shoes")[i % 2] for i in range(n)]
    for i, name in enumerate(names):
        (folder / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.random.default_rng(i).integers(0, 256, (8, 8, 3), "uint8")).save(folder / name / f"{i}.png")
    lines = [f"{folder.name}/{name}/{i}.png,{name if i % 3 else 'hat|shoes'}\n" for i, name in enumerate(names)]
    folder.with_suffix(".csv").write_text("path,labels\n" + "".join(lines))
    return folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_python_in_the_pages_of_tasks_runs_but_for_the_training(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Photos are read as it asks; the run that it looks into was never trained, and has answered about others."""
    (code,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    WRITERS.get(page.stem, write_named)(tmp_path / "photos")

    def finetune(photos: Photos, backbone: Backbone) -> Run:
        assert backbone.name in catalog.BACKBONES
        samples = read_photos(photos.data, task=photos.task)
        assert (samples.task, len(samples)) == (page.stem, 24)
        if page.stem in TRUTHS:
            return located(tmp_path / "run", page.stem)
        return answering(tmp_path / "run", with_errors(*range(len(LABELS) // 5)), page.stem)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tltool.finetune", finetune)
    exec(compile(code, str(page), "exec"), {})
    score, low, high = map(float, re.findall(r"\d\.\d+", capsys.readouterr().out.splitlines()[-1]))
    assert 0 <= low <= score <= high <= 1


def test_there_are_commands_in_the_readme_to_test() -> None:
    assert {"finetune", "export", "predict", "evaluate", "demo"} <= {line.split()[1] for line in COMMANDS}


@pytest.mark.parametrize("target", re.findall(r"^make (\w+)", README, re.MULTILINE))
def test_every_make_target_in_the_readme_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_python_in_the_readme_runs(photos: Path, tmp_path: Path) -> None:
    real_data.require("keras_home")  # which Keras would download
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    shutil.copytree(photos, tmp_path / "photos")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert float(done.stdout.split()[0]) > 0.5
    assert Run(tmp_path / "runs" / "finetune-1").report()["n"] == 18


@pytest.mark.parametrize("shell", re.findall(r"_TLTOOL_COMPLETE=(\w+)_source", README))
def test_shell_completion_is_offered(shell: str) -> None:
    if shell == "bash" and not shutil.which("bash"):
        pytest.skip("click asks the installed bash for its version")
    done = subprocess.run(
        [sys.executable, "-c", "from tltool.cli.main import tltool; tltool(prog_name='tltool')"],
        capture_output=True,
        text=True,
        env={**os.environ, "_TLTOOL_COMPLETE": f"{shell}_source"},
        check=False,
    )
    assert "tltool" in done.stdout and "_TLTOOL_COMPLETE" in done.stdout


def test_the_docs_say_no_other_accuracy_than_the_readme() -> None:
    """An accuracy with its interval is one measurement; the README has all of them."""
    docs = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    told = re.findall(r"0\.\d{3} \(0\.\d{3}–0\.\d{3}\)", docs)
    assert told and set(told) <= set(re.findall(r"0\.\d{3} \(0\.\d{3}–0\.\d{3}\)", README))
    assert not re.findall(r"0\.\d{3} of 372", docs)
