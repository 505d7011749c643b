"""Type checkers see through the lazy faces: of an installed tltool, no public name is ``Any``."""

import inspect
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import tltool
from tltool import catalog
from tltool.lookup import locate

ROOT = Path(__file__).parents[1]
FACES = ("benchmarking", "checks", "data", "environment", "evaluation", "exports", "figures", "inspection", "models", "training")
NAMES = [
    f"{module}.{name}"
    for module in ("tltool", "tltool.runs", "tltool.specs", "tltool.options", *(f"tltool.{face}" for face in FACES))
    for name in import_module(module).__all__
]


FACE_OF = {"runs": "list_runs"}  # of a recipe in Python, where its own name is that of a package


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """tltool as it is installed, with the recipes within the package."""
    site = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "tltool", site / "tltool", ignore=shutil.ignore_patterns("recipes", "__pycache__"))
    shutil.copytree(ROOT / "recipes", site / "tltool" / "recipes", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "tltool" / "recipes" / "__init__.py", site / "tltool" / "recipes" / "__init__.py")
    return site


@pytest.fixture(scope="module")
def revealed(site: Path) -> dict[str, str]:
    """The type of every public name, as mypy has it for a program that uses them."""
    modules = sorted({name.rpartition(".")[0] for name in NAMES})
    program = [*(f"import {module}" for module in modules), *(f"reveal_type({name})" for name in NAMES)]
    (site / "program.py").write_text("\n".join(program), encoding="utf-8")
    settings = ("--ignore-missing-imports", "--python-version", "3.11", "--cache-dir", str(site / "cache"), "--follow-imports", "silent")
    done = subprocess.run([sys.executable, "-m", "mypy", *settings, "program.py"], cwd=site, capture_output=True, text=True, check=False)
    assert not done.stderr and ": error:" not in done.stdout, done.stdout + done.stderr
    types = re.findall(r'program\.py:(\d+): note: Revealed type is "(.*)"', done.stdout)
    return {NAMES[int(line) - 1 - len(modules)]: kind for line, kind in types}


def test_no_public_name_is_any(revealed: dict[str, str]) -> None:
    assert set(revealed) == set(NAMES)
    assert [name for name, kind in revealed.items() if kind == "Any"] == []


@pytest.mark.parametrize("name", catalog.RECIPES)
def test_a_recipe_has_the_parameters_that_its_file_says(name: str, revealed: dict[str, str]) -> None:
    names, face = inspect.signature(locate(catalog.RECIPES[name])).parameters, FACE_OF.get(name, name)
    assert list(names) == list(inspect.signature(getattr(tltool, face)).parameters)
    assert all(re.search(rf"[(, ]{parameter}: ", revealed[f"tltool.{face}"]) for parameter in names)


@pytest.mark.parametrize("name", ["finetune", "scratch", "signals"])
def test_what_a_recipe_gives_is_a_run_or_what_one_would_take(name: str, revealed: dict[str, str]) -> None:
    assert revealed[f"tltool.{name}"].endswith("-> tltool.runs.run.Run | tltool.training.estimate.Estimate")


def test_a_spec_has_the_fields_that_its_file_says(revealed: dict[str, str]) -> None:
    assert ", size: int | None =, " in revealed["tltool.Photos"]


@pytest.mark.parametrize(
    ("program", "name", "file"),
    [
        ("import tltool\ntltool.fine", "finetune", "tltool/recipes/finetune.py"),
        ("from tltool import models\nmodels.assem", "assemble", "tltool/models/assembly.py"),
        ("from tltool import Pho", "Photos", "tltool/specs/photos.py"),
    ],
)
def test_an_editor_completes_a_name_and_goes_to_where_it_is_defined(program: str, name: str, file: str, site: Path) -> None:
    jedi = pytest.importorskip("jedi")
    project = jedi.Project(site, sys_path=[str(site)])
    assert name in [found.name for found in jedi.Script(program, project=project).complete()]
    whole = program[: -len(re.split(r"[. ]", program)[-1])] + name
    (place,) = jedi.Script(whole, project=project).goto(follow_imports=True)
    assert (place.module_path, place.name) == (site / file, name)
