"""Programs that were copied at version 0.1.0 run, or stop with one sentence that says the new name."""

import ast
import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest

import tltool
from tltool import TltoolError
from tltool.errors import RenamedError
from tltool.former_parameters import PLACES
from tltool.renamed import RENAMED

ROOT = Path(__file__).parents[1]
BEFORE = "7a733c8"  # version 0.1.0
CHECK = "from tltool import audit, data\nfrom tltool.options import program\n"
BENCHMARK = "from tltool.exports.timings import Timings\n"
SIGNALS = "from tltool.training.estimate import Rehearsal\n"
COMPARE = "from tltool.specs import Contest, ConvStack\n"
EXPORT = """
from tltool import exports
from tltool.options import program
def export(force: bool = False) -> object:
    return exports.state_claim(None, None, None)
program(export)
"""
GAVE_WAY = "try:\n    from tltool import audit\nexcept ImportError:\n    from tltool import checks as audit\n"


def found(name: str) -> Any:
    """The module or the object in a module that is called ``name``."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        return getattr(import_module(module), attribute)


def ran(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "my_program.py").write_text(program, encoding="utf-8")
    return subprocess.run([sys.executable, "my_program.py"], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", RENAMED)
def test_a_name_that_has_changed_is_answered_by_one_that_is_there(name: str) -> None:
    with pytest.raises(RenamedError, match=re.escape(RENAMED[name])):
        found(name)
    assert found(RENAMED[name].partition(",")[0]) is not None


@pytest.mark.parametrize(
    "program", [CHECK, BENCHMARK, SIGNALS, COMPARE, EXPORT], ids=["face", "module", "in a module", "in specs", "in a body"]
)
def test_a_copied_program_ends_with_one_sentence_and_exit_code_1(program: str, tmp_path: Path) -> None:
    done = ran(program, tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: A program must use the names that tltool has now. Received: tltool.")
    assert len(done.stderr.splitlines()) == 1


def test_a_program_may_expect_that_a_name_is_gone(tmp_path: Path) -> None:
    done = ran(f"{GAVE_WAY}assert audit.check_photos\n1 / 0", tmp_path)
    assert "Traceback" in done.stderr and done.stderr.endswith("ZeroDivisionError: division by zero\n")
    assert "Error: A program" not in done.stderr


def test_a_name_that_never_was_is_an_error_as_python_has_it() -> None:
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        from tltool import nothing  # type: ignore[attr-defined]  # noqa: F401
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'tltool\.nothing'"):
        import_module("tltool.nothing")
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        from tltool.training.estimate import nothing as other  # type: ignore[attr-defined]  # noqa: F401
    assert not hasattr(tltool, "nothing")


def copied() -> dict[str, str]:
    """The recipes of version 0.1.0 as they were copied then; none where the checkout has no history."""
    names = subprocess.run(["git", "ls-tree", "--name-only", BEFORE, "recipes/"], cwd=ROOT, capture_output=True, text=True, check=False)
    if names.returncode:
        return {}
    show = [["git", "show", f"{BEFORE}:{name}"] for name in names.stdout.split()]
    return {
        Path(name).stem: subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name, command in zip(names.stdout.split(), show)
    }


COPIED = copied()


@pytest.mark.skipif(not COPIED, reason="needs the project's history")
@pytest.mark.parametrize("name", COPIED)
def test_whatever_a_copied_recipe_asks_for_is_there_as_it_was_or_answered(name: str) -> None:
    """Every name that it imports or takes from a package; and where all are there, every call with the arguments that it has."""
    tree, missed = ast.parse(COPIED[name]), []
    scope: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                try:
                    scope[alias.asname or alias.name] = found(f"{node.module}.{alias.name}")
                except RenamedError:
                    missed.append(alias.name)
    calls = [(node, node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    called = []
    for call, at in calls:
        if isinstance(at, ast.Attribute) and isinstance(at.value, ast.Name) and inspect.ismodule(scope.get(at.value.id)):
            try:
                called.append((call, getattr(scope[at.value.id], at.attr)))
            except RenamedError:
                missed.append(at.attr)
        elif isinstance(at, ast.Name) and at.id in scope:
            called.append((call, scope[at.id]))
    for call, function in [] if missed else called:
        if not any(isinstance(given, ast.Starred) for given in call.args):
            inspect.signature(function).bind(*call.args, **{str(keyword.arg): keyword.value for keyword in call.keywords})


@pytest.mark.parametrize("former", PLACES)
def test_a_parameter_that_stands_in_a_signature_now_is_found_where_it_stood(former: str) -> None:
    recipe, name = PLACES[former]
    assert get_args(found(f"tltool.parameters.{former}"))[-1].description
    assert found(f"tltool.parameters.{former}") is inspect.signature(getattr(tltool, recipe)).parameters[name].annotation


def test_the_error_belongs_to_the_tree_of_errors() -> None:
    assert issubclass(RenamedError, TltoolError) and RenamedError.exit_code == 1
