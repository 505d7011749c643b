"""The shelf: a recipe handed over is a program of the user's own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tltool.catalog import RECIPES
from tltool.cli.main import tltool
from tltool.cli.shelf import with_defaults
from tltool.runs import Run
from tltool.specs import Backbone, ConvStack, Head, Photos, Signals, Spec, Training

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def copy(*typed: str) -> Result:
    return CliRunner().invoke(tltool, ["copy", *typed])


def earlier(folder: Path, recipe: str = "finetune", **specs: Spec) -> Run:
    return Run.create(folder / "earlier run", recipe, specs)


def program(file: Path, *typed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(file), *typed], capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )


def test_the_recipes_are_listed_with_their_first_sentence() -> None:
    done = CliRunner().invoke(tltool, ["recipes"])
    assert done.exit_code == 0
    for name in RECIPES:
        assert f"  {name} " in done.stdout
    assert "Fine-tune a pretrained backbone on a folder of photos." in done.stdout
    assert done.stdout.splitlines()[-1].startswith("Next: tltool copy NAME")


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_handed_over_unchanged(name: str, here: Path) -> None:
    done = copy(name)
    assert (done.exit_code, done.stdout) == (0, f"Wrote {name}.py. Next: python {name}.py --help\n")
    assert (here / f"{name}.py").read_text(encoding="utf-8") == (ROOT / "recipes" / f"{name}.py").read_text(encoding="utf-8")


def test_a_copy_runs_under_any_name_from_any_folder_and_loads_nothing_heavy(here: Path) -> None:
    copy("finetune")
    mine = (here / "finetune.py").rename(here / "my_finetune.py")
    done = program(mine, "--data", "photos", "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage: my_finetune.py [OPTIONS]" in done.stdout
    assert "--unfreeze" in done.stdout
    wrong = program(mine, "--data", "nowhere")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr.startswith("Error: The photos must be in a folder or a CSV that exists.")


def test_a_copy_from_a_run_has_what_was_typed_as_its_defaults(here: Path) -> None:
    run = earlier(
        here,
        photos=Photos(data="Fotos für's Netz", size=96),
        backbone=Backbone(name="resnet50", unfreeze=3),
        head=Head(dense=(64, 32)),
        training=Training(),
    )
    assert copy("finetune", "--from", str(run.path)).exit_code == 0
    source = (here / "finetune.py").read_text(encoding="utf-8")
    assert "backbone: Backbone = Backbone(name='resnet50', unfreeze=3),\n    head: Head = Head(dense=[64, 32])" in source
    assert "training: Training = Training()" in source, "nothing was typed for it"
    words = " ".join(program(here / "finetune.py", "--help").stdout.split())
    for shown in ("[default: resnet50]", "[default: 64,32]", "[default: 96]", "[default: 3]"):
        assert shown in words
    assert "[required]" not in words
    wrong = program(here / "finetune.py")
    assert wrong.stderr.startswith(f'Error: The photos must be in a folder or a CSV that exists. Received: "{here}/Fotos für\'s Netz"')


@pytest.mark.parametrize(
    ("name", "body", "written"),
    [
        ("finetune", {"backbone": Backbone(unfreeze=3)}, "backbone: Backbone = Backbone(unfreeze=3)"),
        ("scratch", {"stack": ConvStack(filters=(8,))}, "stack: ConvStack = ConvStack(filters=[8])"),
    ],
)
def test_a_copy_from_a_run_compiles_for_every_recipe_that_takes_specs(name: str, body: dict[str, Spec], written: str, here: Path) -> None:
    run = earlier(here, name, photos=Photos(data="p"), **body, head=Head(pool="max"), training=Training(epochs=1))
    assert copy(name, "--from", str(run.path)).exit_code == 0
    source = (here / f"{name}.py").read_text(encoding="utf-8")
    compile(source, name, "exec")
    assert "photos: Photos = Photos(data=" in source and "head: Head = Head(pool='max')" in source and written in source


def test_a_copy_from_a_run_replaces_defaults_that_say_something(here: Path) -> None:
    run = earlier(here, "signals", signals=Signals(data=here / "d.npz"), stack=ConvStack(padding="valid"))
    assert copy("signals", "--from", str(run.path)).exit_code == 0
    source = (here / "signals.py").read_text(encoding="utf-8")
    compile(source, "signals", "exec")
    assert "stack: ConvStack = ConvStack(padding='valid'),\n    head: Head = Head()," in source


@pytest.mark.parametrize("name", ["scratch", "finetune"])
def test_a_run_of_another_recipe_is_refused(name: str, here: Path) -> None:
    other = {"scratch": "finetune", "finetune": "scratch"}[name]
    done = copy(name, "--from", str(earlier(here, other, photos=Photos(data="p")).path))
    assert done.exit_code == 1 and f"a run of {other}" in done.stderr


@pytest.mark.parametrize("name", ["evaluate", "predict", "export", "backbones", "demo"])
def test_a_recipe_without_specs_takes_nothing_from_a_run(name: str, here: Path) -> None:
    done = copy(name, "--from", str(earlier(here, photos=Photos(data="p")).path))
    assert done.exit_code == 1
    assert f"--from must be a run of {name}." in done.stderr
    assert not (here / f"{name}.py").exists()


@pytest.mark.parametrize(
    "record",
    [
        None,
        "{",
        '{"recipe": "finetune", "typed": [1]}',
        '{"recipe": "finetune", "typed": {"photos": 3}}',
        '{"recipe": "finetune", "typed": {"photos": {"data": "p", "hue": 1}}}',
        '{"recipe": "finetune", "typed": {"photos": {"data": "p", "size=1) or exit(": 1}}}',
    ],
)
def test_a_run_that_is_none_writes_nothing(record: str | None, here: Path) -> None:
    if record:
        (here / "run.json").write_text(record, encoding="utf-8")
    done = copy("finetune", "--from", str(here))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert not (here / "finetune.py").exists()


def test_a_file_that_is_there_is_not_overwritten(here: Path) -> None:
    (here / "finetune.py").write_text("mine", encoding="utf-8")
    done = copy("finetune")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "finetune.py must not exist yet. Received: a file of that name in this folder." in done.stderr
    assert (here / "finetune.py").read_text(encoding="utf-8") == "mine"


def test_a_full_disk_leaves_no_half_recipe(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, text: str, **named: Any) -> int:
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    done = copy("finetune")
    assert done.exit_code == 1 and "No space left on device" in done.stderr and str(here / "finetune.py") in done.stderr
    assert list(here.iterdir()) == []


def test_an_unknown_recipe_is_answered_with_the_nearest(here: Path) -> None:
    done = copy("finetun")
    assert done.exit_code == 1
    assert done.stderr == "Error: recipe must be a known name (did you mean 'finetune'?). Received: 'finetun'.\n"
    assert list(here.iterdir()) == []


def test_defaults_are_written_behind_names_beyond_ascii() -> None:
    source = '"""Größe: ü."""\nKÜHL = "é"; \ndef train(fotö: Photos, head: Head = Head(), n: int = 3) -> None:\n    """ä"""\n'
    changed = with_defaults(source, {"fotö": {"data": "ß"}, "head": {"pool": "max"}})
    assert "def train(fotö: Photos = Photos(data='ß'), head: Head = Head(pool='max'), n: int = 3) -> None:" in changed
    assert changed.startswith('"""Größe: ü."""\nKÜHL = "é"; \n')
    assert changed.endswith('    """ä"""\n')


def test_what_was_typed_beside_specs_is_written_as_a_default_too() -> None:
    source = "def r(folds: Folds = None, report: Report = True, min_score: MinScore = None) -> None: ..."
    changed = with_defaults(source, {"folds": 5, "report": False, "min_score": 0.5})
    assert changed == "def r(folds: Folds = 5, report: Report = False, min_score: MinScore = 0.5) -> None: ..."
