"""The house is what CONTRIBUTING.md says: who may import whom, who may speak, and what a recipe is."""

import ast
import configparser
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tltool import catalog

ROOT = Path(__file__).parents[1]
HOUSE = runpy.run_path(str(ROOT / "docs" / "house.py"))
FOUNDATION = {"specs", *(file.stem for file in (ROOT / "tltool").glob("[!_]*.py"))}
LOWEST = {"errors", "wording"}  # of the foundation: the rest may stand on them
STAIRCASE = [{floor} for floor in HOUSE["FLOORS"][:-1]] + [FOUNDATION - LOWEST, LOWEST]
FLOOR = {part: height for height, parts in enumerate(reversed(STAIRCASE)) for part in parts}
RECIPES = sorted((ROOT / "recipes").glob("*.py"))
SPEECH = {"print", "click.echo", "click.secho", "sys.stdout.write", "sys.stderr.write"}
HEAVY = ("keras", "tensorflow", "tensorflow_hub")
WITHOUT_KERAS = {
    "tltool.models.stack.axes",
    "tltool.models.summary.arithmetic",
    "tltool.models.summary.layer_kinds",
    "tltool.models.summary.layer_readers",
    "tltool.models.summary.blueprint",
    "tltool.models.summary.descriptions",
    "tltool.models.summary.stages",
    "tltool.models.devices.faults",
    "tltool.models.devices.gpus",
    "tltool.models.devices.libraries",
    "tltool.models.devices.trial",
    "tltool.models.devices.trial_process",
    "tltool.models.processes.inquiry",
    "tltool.models.kept_weights",
    "tltool.models.packaged.package",
    "tltool.models.packaged.torch_file",
    "tltool.models.summary.layer_tables",
    "tltool.models.summary.anatomy",
    "tltool.models.describe",
    "tltool.inspection.spreads",
    "tltool.models.stack.shapes",
    "tltool.models.stack.filter_banks",
    "tltool.models.processes.child",
    "tltool.models.processes.worker",
    "tltool.training.phases",
    "tltool.training.probe",
    "tltool.training.solvers",
    "tltool.training.balance",
    "tltool.runtimes.litert",
    "tltool.evaluation.predictors",
    "tltool.evaluation.answers",
    "tltool.evaluation.results",
    "tltool.runtimes.onnx",
    "tltool.runtimes.foreign",
    "tltool.runtimes.tflite_metadata",
    "tltool.runtimes.tensors",
    "tltool.runtimes.native",
    "tltool.benchmarking.speed",
    "tltool.benchmarking.stopwatch",
    "tltool.benchmarking.timings",
}


def module_name(file: Path) -> str:
    """``tltool/data/__init__.py`` → ``tltool.data``; ``recipes/demo.py`` → ``tltool.recipes.demo``."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(("tltool", *parts) if parts[0] == "recipes" else parts).removesuffix(".__init__")


MODULES = {module_name(file): file for file in [*sorted((ROOT / "tltool").rglob("*.py")), *RECIPES]}
TREES = {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in MODULES.items()}


def part_of(module: str) -> str:
    return (module.split(".") + [""])[1]


def imports_of(tree: ast.AST) -> Iterator[str]:
    """Every imported module, those within functions included; ``from tltool import data`` is ``tltool.data``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else str(node.module)


def seen_by_type_checkers(tree: ast.Module) -> list[ast.ImportFrom]:
    """What stands under ``if TYPE_CHECKING:`` at the top of a module."""
    hidden = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    return [line for node in hidden for line in node.body if isinstance(line, ast.ImportFrom)]


def at_run_time(tree: ast.Module) -> ast.Module:
    """Without what stands under ``if TYPE_CHECKING:``."""
    return ast.Module([node for node in tree.body if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")], [])


def functions_of(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def calls_in(tree: ast.AST) -> set[str]:
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def names_in(module: str) -> set[str]:
    """What the top level of a module defines or imports, found without importing it."""
    names: set[str] = set()
    for node in TREES[module].body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            names |= {name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


FACES = sorted(name for name, tree in TREES.items() if "lazy" in calls_in(tree))
LIGHT = WITHOUT_KERAS | {name for name in MODULES if FLOOR.get(part_of(name), 99) <= FLOOR["checks"]}


def test_every_module_lies_on_a_floor() -> None:
    assert {part_of(name) for name in MODULES} - {"", "__main__"} <= set(FLOOR)


def test_contributing_has_one_line_for_every_room_from_the_roof_down() -> None:
    named = re.findall(r"(?m)^\| `([\w/]+)/` \| [^|]+ \|$", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert sorted([*named, "foundation"]) == sorted(HOUSE["rooms"]())
    floors = [HOUSE["FLOORS"].index(room.partition("/")[0]) for room in named]
    assert floors == sorted(floors)


def test_the_walks_of_contributing_go_through_files_that_are_there() -> None:
    walks = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Two walks")[2].partition("\n## ")[0]
    passed = re.findall(r"`([\w/]+\.py)`", walks)
    assert len(passed) > 20 and [file for file in passed if not (ROOT / file).is_file()] == []


def test_the_picture_of_the_house_is_as_the_imports_are() -> None:
    assert (ROOT / "docs" / "house.svg").read_text(encoding="utf-8") == HOUSE["draw"](), "python docs/house.py draws it anew"


def test_no_two_rooms_of_a_floor_stand_on_each_other() -> None:
    """A floor's own modules are its hallway, which rooms may open to from both sides; modules are held by the test of circles."""
    between = {(source, target) for source, target in HOUSE["uses"]() if "/" in source and "/" in target}
    assert between & {(target, source) for source, target in between} == set()
    TopologicalSorter({room: {target for source, target in between if source == room} for room, _ in between}).prepare()


def test_imports_only_go_down() -> None:
    wrong = []
    for module, tree in TREES.items():
        if part_of(module) in ("", "__main__"):
            continue
        for imported in imports_of(tree):
            if imported == "tltool" and part_of(module) != "cli":
                wrong.append(f"{module} imports from the top of the package")
            elif imported.startswith("tltool.") and imported not in MODULES:
                wrong.append(f"{module} imports {imported}, which is no file")
            elif imported.startswith("tltool.") and FLOOR[part_of(imported)] > FLOOR[part_of(module)]:
                wrong.append(f"{module} imports {imported}, which lies above it")
    assert wrong == []


def test_there_is_no_import_circle() -> None:
    graph = {name: {imported for imported in imports_of(tree) if imported in MODULES} for name, tree in TREES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"import circle: {' → '.join(error.args[1])}")


def test_tensorflow_is_imported_in_exports_conversion_their_runtime_and_hub_modules_only() -> None:
    here = {name for name, tree in TREES.items() if {"tensorflow", "tensorflow_hub"} & {found.split(".")[0] for found in imports_of(tree)}}
    assert here, "exports do need it"
    rooms = ("tltool.exports.", "tltool.models.conversion.", "tltool.models.hub.", "tltool.runtimes.saved_model")
    assert [name for name in here if not name.startswith(rooms)] == []


def test_the_converter_runs_in_the_worker_only() -> None:
    assert [name for name, tree in TREES.items() if "tltool.models.conversion.converter" in imports_of(tree)] == []
    assert {name for name, tree in TREES.items() if re.search(r"\btf\.lite\.|from tensorflow\.lite", ast.unparse(tree))} == {
        "tltool.models.conversion.converter"
    }


def test_nothing_is_quantized_by_keras_in_place() -> None:
    """``model.quantize`` changes the trained model itself, and leaves it half quantized where it fails."""
    assert [name for name, tree in TREES.items() if any(call.endswith("model.quantize") for call in calls_in(tree))] == []


def test_only_one_module_starts_processes_and_one_the_shell_that_outlives_it() -> None:
    assert {name for name, tree in TREES.items() if "subprocess" in imports_of(tree)} == {"tltool.models.processes.child", "tltool.noise"}


def test_only_the_device_asks_for_tensorflow_by_name() -> None:
    assert {name for name, tree in TREES.items() if "import_module('tensorflow')" in ast.unparse(tree)} == {"tltool.models.devices.device"}


def test_no_room_compares_with_the_name_of_a_task() -> None:
    """Rooms know the contract of ``tltool.task`` and no task: what differs is asked of the task."""
    wrong = [
        f"{module}, line {node.lineno}"
        for module, tree in TREES.items()
        if not module.startswith("tltool.tasks.")
        for node in ast.walk(tree)
        if isinstance(node, (ast.Compare, ast.Match))
        for inner in ast.walk(node)
        if isinstance(inner, ast.Constant) and inner.value in catalog.TASKS
    ]
    assert wrong == []


def test_keras_is_imported_above_data_only() -> None:
    light = LIGHT | {name for name in MODULES if part_of(name) in ("options", "recipes", "cli", "", "__main__")}
    wrong = {name for name in light if {found.split(".")[0] for found in imports_of(at_run_time(TREES[name]))} & set(HEAVY)}
    assert wrong == set()


def test_the_light_floors_run_without_keras() -> None:
    load = f"import sys, importlib\nfor name in {sorted(LIGHT)!r}: importlib.import_module(name)\n"
    code = load + f"print(*(set(sys.modules) & set({HEAVY!r})))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_only_the_cli_the_terminal_and_the_notebook_speak() -> None:
    may = ("cli", "terminal", "notebook")
    loud = {(name, call) for name, tree in TREES.items() if part_of(name) not in may for call in calls_in(tree) & SPEECH}
    assert loud == set()


@pytest.mark.parametrize("package", FACES)
def test_every_lazy_name_is_where_its_package_says(package: str) -> None:
    addresses = [(str(node.module), alias.name) for node in seen_by_type_checkers(TREES[package]) for alias in node.names]
    assert addresses, "a face without a name"
    for module, name in addresses:
        assert module in MODULES, f"{package} looks for {name} in {module}, which is no file"
        assert name in names_in(module) or f"{module}.{name}" in MODULES, f"{module} has no {name}"


@pytest.mark.parametrize("package", FACES)
def test_no_name_of_a_face_is_that_of_a_module_beside_it_which_would_take_its_place_once_imported(package: str) -> None:
    names = {(str(node.module), alias.name) for node in seen_by_type_checkers(TREES[package]) for alias in node.names}
    assert [name for module, name in names if module != package and f"{package}.{name}" in MODULES] == []


ADDRESS = re.compile(r"(tltool(?:\.\w+)+)(?::(\w*))?")
SAID_IN_STRINGS = {  # what no import statement shows: a process of its own, a plug that is loaded late, and the ways up
    "tltool.benchmarking.speed": {"tltool.benchmarking.stopwatch"},
    "tltool.catalog": {
        *catalog.RECIPES.values(),
        *catalog.TASKS.values(),
        *catalog.TRACKERS.values(),
        *(entry.builder for entry in catalog.BACKBONES.values() if entry.packaged),
    },
    "tltool.exports.bundle.snippets": {"tltool.exports.bundle"},
    "tltool.models.conversion.road": {"tltool.models.conversion.converter"},
    "tltool.models.devices.gpus": {"tltool.models.devices.libraries"},
    "tltool.models.devices.trial": {"tltool.models.devices.trial_process"},
    "tltool.models.devices.trial_process": {
        "tltool.models.devices.device:describe_backend",
        "tltool.models.devices.device:find_gpus",
        "tltool.models.devices.operations:OPERATIONS",
        "tltool.models.loaded_keras:require_settings",
        "tltool.models.packaged.known_photos:name_photos",
    },
    "tltool.models.saving.allowlist": {"tltool.models.hub.layer"},
    "tltool.trackers": {"tltool.trackers"},  # as the group of entry points is called
    "tltool.tracking.mlflow_tracker": {"tltool.tracking.served"},
    "tltool.runs.run": {
        "tltool.data.predictions:read_predictions",
        "tltool.evaluation.rating:count_confusions",
        "tltool.evaluation.rating:list_errors",
        "tltool.figures.confusion:draw_confusion",
        "tltool.models.saving.store:load_model",
    },
}
IMPORT_BY_STRING = {  # modules that call locate or import_module
    "tltool.benchmarking.stopwatch",
    "tltool.cli.main",
    "tltool.cli.shelf",
    "tltool.former_parameters",
    "tltool.lookup",
    "tltool.models.backbone",
    "tltool.models.devices.device",
    "tltool.models.devices.trial_process",
    "tltool.models.processes.worker",
    "tltool.models.saving.store",
    "tltool.models.stack.conv_stack",
    "tltool.runs.command",
    "tltool.runs.run",
    "tltool.task",
    "tltool.trackers",
    "tltool.training.features",
}


def test_every_module_that_a_string_hides_is_counted() -> None:
    found: dict[str, set[str]] = {}
    for name, tree in TREES.items():
        texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        addresses = {text for text in texts if (parts := ADDRESS.fullmatch(text)) and parts[1] in MODULES}
        if addresses and name != "tltool.renamed":
            found[name] = addresses
    assert found == SAID_IN_STRINGS
    assert {name for name, tree in TREES.items() if calls_in(tree) & {"locate", "import_module"}} == IMPORT_BY_STRING


def test_every_address_in_a_string_is_there_and_only_runs_and_recipes_are_looked_for_above() -> None:
    upward = set()
    for source, addresses in SAID_IN_STRINGS.items():
        for module, _, name in (address.partition(":") for address in addresses):
            assert module in MODULES and (not name or name in names_in(module) or f"{module}.{name}" in MODULES), f"{module}:{name}"
            if FLOOR[part_of(module)] > FLOOR[part_of(source)]:
                upward.add(source)
    assert upward == {"tltool.catalog", "tltool.runs.run"}


def test_no_test_imports_a_conftest_which_would_be_run_a_second_time() -> None:
    files = [*(ROOT / "tests").rglob("*.py")]
    assert len(files) > 100
    assert [file for file in files if re.search(r"^\s*(from|import) [\w.]*conftest", file.read_text(encoding="utf-8"), re.MULTILINE)] == []


def test_every_parameter_has_a_type() -> None:
    bare = []
    for module, tree in TREES.items():
        for function in functions_of(tree):
            of = function.args
            given = [*of.posonlyargs, *of.args, *of.kwonlyargs, *filter(None, (of.vararg, of.kwarg))]
            bare += [f"{module}.{function.name}({arg.arg})" for arg in given if not arg.annotation and arg.arg not in ("self", "cls")]
    assert bare == []


def test_every_module_says_what_it_is() -> None:
    assert [module for module, tree in TREES.items() if not ast.get_docstring(tree)] == []


def test_no_module_is_a_drawer() -> None:
    assert [module for module in MODULES if set(module.split(".")) & {"utils", "helpers", "common", "misc"}] == []


def test_every_package_is_installed() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    folders = {module_name(file) for file in (ROOT / "tltool").rglob("__init__.py")}
    assert set(config["options"]["packages"].split()) == folders


# Recipes


@pytest.mark.parametrize("file", RECIPES, ids=lambda file: file.stem)
def test_a_recipe_imports_tltool_and_the_standard_library_only(file: Path) -> None:
    foreign = {name.split(".")[0] for name in imports_of(TREES[module_name(file)])} - {"tltool"} - sys.stdlib_module_names
    assert not foreign


@pytest.mark.parametrize("file", RECIPES, ids=lambda file: file.stem)
def test_a_recipe_is_one_function_named_like_its_file_behind_a_program_guard(file: Path) -> None:
    _, *body, guard = TREES[module_name(file)].body
    kept = [node for node in body if not isinstance(node, (ast.Import, ast.ImportFrom))]
    functions = [node for node in kept if isinstance(node, ast.FunctionDef)]
    assert [function.name for function in functions] == [file.stem]
    constants = [node for node in kept if node not in functions]
    assert all(isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).isupper() for node in constants), "a recipe defines no type"
    assert ast.unparse(guard) == f"if __name__ == '__main__':\n    program({file.stem})"


@pytest.mark.parametrize("file", RECIPES, ids=lambda file: file.stem)
def test_a_recipe_keeps_no_state_and_never_says_its_own_address(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert f"recipes.{file.stem}" not in text
    assert not any(isinstance(node, (ast.Global, ast.Nonlocal)) for node in ast.walk(ast.parse(text)))


@pytest.mark.parametrize("file", RECIPES, ids=lambda file: file.stem)
def test_the_help_of_a_recipe_begins_with_one_sentence_that_the_list_of_commands_need_not_cut(file: Path) -> None:
    function = next(functions_of(TREES[module_name(file)]))
    summary = (ast.get_docstring(function) or "").partition("\n")[0]
    assert summary.endswith(".")
    assert len(summary) <= 62


def test_every_recipe_is_in_the_catalogue_by_its_own_name() -> None:
    assert {file.stem for file in RECIPES} == set(catalog.RECIPES)
    assert all(address == f"tltool.recipes.{name}:{name}" for name, address in catalog.RECIPES.items())


@pytest.mark.parametrize("name", catalog.RECIPES)
def test_every_recipe_has_a_test(name: str) -> None:
    assert (ROOT / "tests" / "recipes" / f"test_{name}.py").is_file()


@pytest.mark.parametrize("name", [*catalog.RECIPES, "recipes", "copy"])
def test_every_command_has_a_line_in_the_readme(name: str) -> None:
    assert f"tltool {name}" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_there_is_a_changelog() -> None:
    assert "\n## " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
