"""A source distribution holds what the tests of the checkout need."""

import ast
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files of the sdist, built without a network and without leaving anything in the checkout."""
    out = tmp_path_factory.mktemp("sdist")
    code = "import sys; from setuptools import build_meta; print(build_meta.build_sdist(sys.argv[1]))"
    tree = out / "tree"
    for name in tracked():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tree / name)
    subprocess.run([sys.executable, "-c", code, str(out)], cwd=tree, capture_output=True, check=True)
    (built,) = out.glob("*.tar.gz")
    with tarfile.open(built) as sdist:
        return {name.partition("/")[2] for name in sdist.getnames()}


def tracked() -> list[str]:
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("the checkout is no git repository")
    return [name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def test_every_folder_that_make_test_and_make_matrix_name_is_there(held: set[str]) -> None:
    named = set(re.findall(r"\b(?:tltool|recipes|tests|benchmarks)\b|\.ci/\w+", MAKEFILE)) - {"tltool"} | {"tltool/__init__.py"}
    assert {"tests", ".ci/matrix"} <= named
    assert {name for name in named if not any(f == name or f.startswith(f"{name}/") for f in held)} == set()


def test_every_file_of_the_checkout_is_there_but_what_only_git_reads(held: set[str]) -> None:
    assert {name for name in tracked() if name not in held} <= {
        ".gitignore",
        ".gitattributes",
        ".git-blame-ignore-revs",
        ".pre-commit-config.yaml",
    }


def test_nothing_that_was_made_by_running_is_there(held: set[str]) -> None:
    assert [name for name in held if name.endswith((".pyc", ".keras")) or "__pycache__" in name] == []


def test_the_recipes_are_those_of_the_catalogue(held: set[str]) -> None:
    catalogue = ast.parse((ROOT / "tltool" / "catalog.py").read_text(encoding="utf-8"))
    assert {f"recipes/{name}.py" for name in re.findall(r"tltool\.recipes\.(\w+):", ast.unparse(catalogue))} <= held
