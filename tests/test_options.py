"""A recipe's parameters as flags: each described once, what was typed first, and one place where errors become exit codes."""

import importlib.util
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import click
import pytest
from click.testing import CliRunner, Result

from tltool import catalog
from tltool.errors import DataError, ExportError, GateError, RunError, SpecError, TltoolError, WeightsError
from tltool.lookup import locate
from tltool.options import command, options_of
from tltool.parameters import DryRun, Force, MinScore, Out, Resume
from tltool.progress import say, table
from tltool.runs import Run
from tltool.specs import Backbone, ExportFormat, Head, Photos, Precision, Spec, Training, option

ROOT = Path(__file__).parents[1]
RECIPES = {name: locate(address) for name, address in catalog.RECIPES.items()}
calls: list[dict[str, Any]] = []


@dataclass(frozen=True)
class Told:
    """A result as recipes return them."""

    values: dict[str, Any]
    exit_code: int = 0

    def said(self) -> Iterable[Any]:
        yield table("Values", ("name", "value"), self.values.items())
        yield "Next: nothing."

    def records(self) -> Iterable[dict[str, Any]]:
        yield {"n": 1, "name": "Mütze"}
        yield {"n": 2}

    def csv(self) -> str:
        return "n\n1\n2\n"


def train(
    photos: Photos,
    head: Head = Head(dense=(64,)),
    training: Training = Training(),
    out: Out = None,
    dry_run: DryRun = False,
    min_score: MinScore = None,
) -> Told:
    """Train a toy.

    More about it.

    Args:
        photos: not for the help.
    """
    calls.append({"photos": photos, "head": head, "training": training, "out": out, "dry_run": dry_run, "min_score": min_score})
    say("training")
    return Told({"accuracy": 0.5})


def look(
    photos: Annotated[tuple[Path, ...], option(help="Photos.", argument=True, min_length=1)],
    top: Annotated[int, option(1, help="How many.", ge=1)] = 1,
    format: Annotated[tuple[ExportFormat, ...], option(("tflite",), help="What.")] = ("tflite",),
    precision: Annotated[tuple[Precision, ...], option((), help="Numbers.")] = ("float32",),
) -> Told:
    """Look at photos."""
    calls.append({"photos": photos, "top": top, "format": format, "precision": precision})
    return Told({}, exit_code=1 if len(photos) > 2 else 0)


def fail(kind: Annotated[str, option(help="What goes wrong.", argument=True)]) -> Told:
    """Fail."""
    errors: dict[str, BaseException] = {
        "spec": SpecError("The spec must hold."),
        "data": DataError("The photos must be there."),
        "weights": WeightsError("w"),
        "run": RunError("r"),
        "export": ExportError("e"),
        "gate": GateError("The accuracy must reach 0.9.", Told({"accuracy": 0.5})),
        "interrupt": KeyboardInterrupt(),
        "interrupted run": KeyboardInterrupt("Resume with: it"),
        "bug": KeyError("bug"),
    }
    raise errors[kind]


def invoke(recipe: Any, *typed: str) -> Result:
    calls.clear()
    return CliRunner().invoke(command(recipe), list(typed))


def earlier_run(folder: Path, **specs: Spec) -> str:
    return str(Run.create(folder / "earlier", "train", specs).path)


# One description per option


@pytest.mark.parametrize("recipe", [*RECIPES.values(), train, look], ids=lambda recipe: recipe.__name__)
def test_every_field_and_every_parameter_is_one_flag_with_its_own_name_and_help(recipe: Any) -> None:
    made = [parameter for parameter in command(recipe).params if parameter.name not in ("earlier", "as_json", "as_csv")]
    options = list(options_of(recipe))
    assert len(made) == len(options)
    names = [name for parameter in command(recipe).params for name in (*parameter.opts, *parameter.secondary_opts)]
    assert len(names) == len(set(names)), f"two options share a flag: {sorted(name for name in names if names.count(name) > 1)}"
    assert all(parameter.help for parameter in made if isinstance(parameter, click.Option))


@pytest.mark.parametrize(
    ("spec", "flags"),
    [
        (Photos, {"data", "task", "size", "fit", "tiles", "validation", "test", "group-by", "normalise-by", "flip-pairs", "split"}),
        (Backbone, {"backbone", "weights", "unfreeze", "batch-norm", "layer-decay", "scaling"}),
        (Head, {"head-pool", "dense", "head-activation", "head-dropout", "head-initializer", "head-output"}),
        (
            Training,
            {
                "epochs",
                "minutes",
                "learning-rate",
                "batch-size",
                "label-smoothing",
                "augment",
                "flip",
                "balance",
                "device",
                "seed",
                "deterministic",
                "precision",
                "tensorboard",
                "track",
                "views",
            },
        ),
    ],
)
def test_finetune_takes_every_field_of_its_specs(spec: type[Spec], flags: set[str]) -> None:
    options = [found for found in options_of(RECIPES["finetune"]) if found.info in spec.model_fields.values()]
    assert {found.name for found in options} == flags
    assert len(options) == len(spec.model_fields)


def test_the_flags_that_are_promised_are_there() -> None:
    def flags(name: str) -> set[str]:
        return {flag for parameter in command(RECIPES[name]).params for flag in parameter.opts}

    assert {"--out", "--dry-run", "--force", "--json", "--min-score", "--from"} <= flags("finetune") & flags("scratch")
    assert {"--filters", "--kernel-size", "--kernel-initializer", "--padding", "--pooling", "--size"} <= flags("scratch")
    assert {"--data", "--split", "--out", "--json"} <= flags("evaluate")
    assert {"--top", "--json", "--csv"} <= flags("predict")
    assert {"--format", "--precision", "--force"} <= flags("export")
    assert {"--layers", "--json"} <= flags("backbones")


def test_the_help_is_the_docstring_and_shows_the_defaults_of_the_recipe() -> None:
    done = invoke(train, "--help")
    assert done.exit_code == 0
    assert "Train a toy.\n\n  More about it." in done.output
    assert "not for the help" not in done.output
    words = " ".join(done.output.split())
    assert "--dense TEXT Units of the hidden dense layers, for example 256,128; default: none. [default: 64]" in words
    assert "--head-pool [avg|max|min|sum|gem|flatten]" in words
    assert "[required]" in words.partition("--size")[0]
    assert "--epochs INTEGER" in words


# Going on with an interrupted run


def go_on(
    photos: Photos,
    training: Training = Training(),
    out: Out = None,
    force: Force = False,
    min_score: MinScore = None,
    resume: Resume = None,
) -> Told:
    """Go on."""
    calls.append({"photos": photos, "training": training, "out": out, "min_score": min_score, "resume": resume})
    return Told({})


def interrupted(folder: Path) -> Run:
    specs = {"photos": Photos(data=folder / "photos"), "training": Training(seed=5).fill(epochs=7, learning_rate=0.5, augment="light")}
    return Run.create(folder / "run", "go_on", specs)


def test_a_resumed_run_takes_everything_from_the_run_as_it_was_resolved(tmp_path: Path) -> None:
    run = interrupted(tmp_path)
    (run.path / "split.csv").touch()
    assert invoke(go_on, "--resume", str(run.path), "--min-score", "0.5").exit_code == 0
    assert calls[0]["training"].resolved() == run.record["resolved"]["training"] and calls[0]["training"].epochs == 7
    assert calls[0]["photos"].data == run.path / "split.csv"
    assert (calls[0]["resume"], calls[0]["out"], calls[0]["min_score"]) == (run.path, None, 0.5)


@pytest.mark.parametrize(("typed", "gate"), [([], 0.9), (["--min-score", "0.5"], 0.5), (["--min-accuracy=0.5"], 0.5)])
@pytest.mark.parametrize("way", ["--resume", "--from"])
@pytest.mark.parametrize("name", ["min_score", "min_accuracy"])  # as it was called before
def test_a_gate_that_an_earlier_run_was_given_stays_unless_another_is_typed(
    tmp_path: Path, way: str, typed: list[str], gate: float, name: str
) -> None:
    run = interrupted(tmp_path)
    run.note(asked={name: 0.9, "folds": None})
    done = invoke(go_on, way, str(run.path), *typed)
    assert done.exit_code == 0, done.output
    assert calls[0]["min_score"] == gate


def test_a_run_that_was_interrupted_before_its_split_reads_the_photos_again(tmp_path: Path) -> None:
    run = interrupted(tmp_path)
    invoke(go_on, "--resume", str(run.path))
    assert calls[0]["photos"].data == tmp_path / "photos"


@pytest.mark.parametrize("typed", [["--epochs", "7"], ["--out", "x"], ["--force"], ["--data", "p"], ["--from", "x"]])
def test_nothing_that_the_run_says_may_be_typed_beside_resume(tmp_path: Path, typed: list[str]) -> None:
    done = invoke(go_on, "--resume", str(interrupted(tmp_path).path), *typed)
    assert done.exit_code == 2 and f"--resume takes everything from the run; leave {typed[0]} away." in done.output


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (None, "A run is a folder that holds run.json."),
        ('{"recipe": "train", "typed": {}}', "--resume must be a run of go_on."),
        ('{"recipe": "go_on", "typed": {"resume": {}}}', "--resume must be a run of go_on."),
        ('{"recipe": "go_on", "typed": {"photos": {"data": "p"}}, "resolved": {"photos": {"size": 5}}}', "--size must be greater"),
        ('{"recipe": "go_on", "typed": {"photos": {"data": "p"}}, "resolved": 3}', "run.json must be one that tltool wrote."),
    ],
)
def test_what_cannot_be_resumed_is_refused(tmp_path: Path, record: str | None, message: str) -> None:
    if record:
        (tmp_path / "run.json").write_text(record, encoding="utf-8")
    done = invoke(go_on, "--resume", str(tmp_path))
    assert done.exit_code == 1 and done.stderr.startswith(f"Error: {message}")


# Typed over --from over defaults


def test_what_is_not_typed_keeps_the_recipe_s_defaults_and_counts_as_not_typed() -> None:
    done = invoke(train, "--data", "photos", "--epochs", "3")
    assert done.exit_code == 0, done.output
    assert calls[0]["photos"] == Photos(data="photos")
    assert calls[0]["head"] == Head(dense=(64,))
    assert calls[0]["training"].typed() == {"epochs": 3}
    assert (calls[0]["out"], calls[0]["dry_run"], calls[0]["min_score"]) == (None, False, None)


def test_typed_wins_over_an_earlier_run_which_wins_over_defaults(tmp_path: Path) -> None:
    earlier = earlier_run(tmp_path, photos=Photos(data=tmp_path, size=96), head=Head(pool="max"), training=Training(epochs=9, seed=5))
    assert invoke(train, "--from", earlier, "--epochs", "3", "--out", "new").exit_code == 0
    assert calls[0]["photos"].typed() == {"data": str(tmp_path), "size": 96}
    assert calls[0]["head"] == Head(pool="max", dense=(64,))
    assert calls[0]["training"].typed() == {"epochs": 3, "seed": 5}
    assert calls[0]["out"] == Path("new")


def test_a_typed_value_wins_even_where_it_is_the_default_or_zero(tmp_path: Path) -> None:
    earlier = earlier_run(tmp_path, photos=Photos(data="p", test=0.3), head=Head(dropout=0.5), training=Training(seed=5))
    invoke(train, "--from", earlier, "--seed", "0", "--test", "0", "--head-dropout", "0.2")
    assert calls[0]["training"].seed == 0
    assert calls[0]["photos"].test == 0
    assert calls[0]["head"].dropout == 0.2


def test_an_earlier_run_of_a_relative_folder_still_points_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    earlier = earlier_run(tmp_path, photos=Photos(data="photos"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    invoke(train, "--from", earlier)
    assert calls[0]["photos"].data == tmp_path / "photos"


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (None, "A run is a folder that holds run.json."),
        ("{", "run.json must be readable JSON."),
        ('{"recipe": "train", "typed": [1]}', "run.json must be one that tltool wrote."),
        ('{"recipe": "train", "typed": {"photos": {"data": "p", "size": 5}}}', "--size must be greater than or equal to 16. Received: 5."),
        ('{"recipe": "train", "typed": {"photos": {"data": "p", "hue": 5}}}', "Photos has no 'hue'"),
    ],
)
def test_an_earlier_run_that_is_none_is_refused(tmp_path: Path, record: str | None, message: str) -> None:
    if record:
        (tmp_path / "run.json").write_text(record, encoding="utf-8")
    done = invoke(train, "--data", "photos", "--from", str(tmp_path))
    assert done.exit_code == 1
    assert done.stderr.startswith(f"Error: {message}")
    assert calls == []


# Values


@pytest.mark.parametrize(("typed", "dense"), [("256,128", (256, 128)), ("8", (8,)), ("", ())])
def test_lists_of_numbers_are_separated_by_commas(typed: str, dense: tuple[int, ...]) -> None:
    assert invoke(train, "--data", "photos", "--dense", typed).exit_code == 0
    assert calls[0]["head"].dense == dense


def test_repeatable_flags_and_arguments_gather() -> None:
    assert invoke(look, "a.jpg", "--format", "tflite", "--precision", "int8", "b.jpg", "--precision", "float16").exit_code == 0
    assert calls[0] == {"photos": (Path("a.jpg"), Path("b.jpg")), "top": 1, "format": ("tflite",), "precision": ("int8", "float16")}


def test_a_switch_that_is_on_can_be_turned_off() -> None:
    flags = [flag for parameter in command(RECIPES["scratch"]).params for flag in (*parameter.opts, *parameter.secondary_opts)]
    assert {"--batch-norm", "--no-batch-norm"} <= set(flags)
    assert "--no-force" not in flags


@pytest.mark.parametrize(
    ("typed", "code", "message"),
    [
        ((), 2, "Missing option '--data'."),
        (("--data", "p", "--size", "5"), 2, "Invalid value for '--size': 5 is not in the range 16<=x<=2048."),
        (("--data", "p", "--size", "big"), 2, "Invalid value for '--size': 'big' is not a valid integer."),
        (("--data", "p", "--learning-rate", "inf"), 2, "Invalid value for '--learning-rate': inf is not in the range 0<x<=10."),
        (("--data", "p", "--seed", "-1"), 2, "Invalid value for '--seed': -1 is not in the range 0<=x<2147483648."),
        (("--data", "p", "--fit", "cropp"), 2, "Invalid value for '--fit': 'cropp' is not one of 'crop', 'pad', 'stretch'."),
        (("--data", "p", "--min-score", "90"), 2, "Invalid value for '--min-score': 90.0 is not in the range 0<=x<=1."),
        (("--data", "p", "--hue", "1"), 2, "No such option '--hue'"),
        (("--data", "p", "extra"), 2, "Got unexpected extra argument (extra)"),
        (("--data", "p", "--json", "--csv"), 2, "--csv and --json exclude each other."),
        (("--data", ""), 1, "Photos must be given as a folder, a CSV or a DataFrame. Received: ''."),
        (("--data", "p", "--dense", "0"), 1, "--dense must be greater than or equal to 1. Received: '0'."),
        (("--data", "p", "--dense", "x"), 1, "--dense must be a valid integer. Received: 'x'."),
        (("--data", "p", "--min-score", "nan"), 1, "--min-score must be a number. Received: nan."),
        (("--data", "p", "--learning-rate", "nan"), 1, "--learning-rate must be a number. Received: nan."),
        (
            ("--data", "p", "--validation", ".9"),
            1,
            "--validation and --test must leave photos to train on, so be less than 1 together. Received: 0.9 and 0.15.",
        ),
    ],
)
def test_bad_values_are_one_sentence_and_the_recipe_never_starts(typed: tuple[str, ...], code: int, message: str) -> None:
    done = invoke(train, *typed)
    assert done.exit_code == code
    assert done.stderr.splitlines()[-1].startswith(f"Error: {message}")
    assert "Traceback" not in done.output
    assert (calls, done.stdout) == ([], "")


# Results and errors


def test_the_result_goes_to_standard_output_and_talk_to_standard_error() -> None:
    done = invoke(train, "--data", "photos")
    assert "accuracy" in done.stdout
    assert done.stdout.splitlines()[-1] == "Next: nothing."
    assert done.stderr == "training\n"


def test_json_is_one_object_per_line_and_nothing_else() -> None:
    done = invoke(train, "--data", "photos", "--json")
    assert done.stdout == '{"n": 1, "name": "Mütze"}\n{"n": 2}\n'


def test_csv_is_the_result_s_own_and_offered_only_where_there_is_one() -> None:
    assert invoke(train, "--data", "photos", "--csv").stdout == "n\n1\n2\n"
    assert invoke(RECIPES["backbones"], "--csv").exit_code == 2


def test_a_result_may_carry_an_exit_code() -> None:
    assert invoke(look, "a", "b").exit_code == 0
    assert invoke(look, "a", "b", "c").exit_code == 1


@pytest.mark.parametrize("kind", ["spec", "data", "weights", "run", "export"])
def test_what_the_user_can_mend_is_one_line_and_exit_code_1(kind: str) -> None:
    done = invoke(fail, kind)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_missed_gate_still_prints_the_result_and_ends_with_3() -> None:
    done = invoke(fail, "gate")
    assert done.exit_code == 3
    assert "0.5" in done.stdout
    assert done.stderr == "Error: The accuracy must reach 0.9.\n"
    done = invoke(fail, "gate", "--json")
    assert (done.exit_code, json.loads(done.stdout.splitlines()[0])["n"]) == (3, 1)


def test_an_interruption_ends_with_130_and_without_a_traceback() -> None:
    done = invoke(fail, "interrupt")
    assert (done.exit_code, done.stdout) == (130, "")
    assert done.stderr == "Interrupted. The same command can be given again.\n"
    assert invoke(fail, "interrupted run").stderr == "Interrupted. Resume with: it\n"
    assert "Traceback" not in done.stderr


def test_a_bug_keeps_its_traceback() -> None:
    assert isinstance(invoke(fail, "bug").exception, KeyError)


def test_every_error_of_the_tree_has_its_exit_code() -> None:
    assert {kind.__name__: kind.exit_code for kind in TltoolError.__subclasses__()} == {
        "SpecError": 1,
        "DataError": 1,
        "WeightsError": 1,
        "RunError": 1,
        "ExportError": 1,
        "RenamedError": 1,
        "GateError": 3,
    }


# Copies


def loaded_from(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"copy_of_{file.stem}", file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", RECIPES)
def test_a_copied_recipe_keeps_its_flags(name: str, tmp_path: Path) -> None:
    copied = tmp_path / f"my_{name}.py"
    copied.write_text((ROOT / "recipes" / f"{name}.py").read_text(encoding="utf-8"), encoding="utf-8")
    mine, theirs = (command(getattr(module, name)) for module in (loaded_from(copied), loaded_from(ROOT / "recipes" / f"{name}.py")))
    assert [(p.name, p.opts, p.secondary_opts) for p in mine.params] == [(p.name, p.opts, p.secondary_opts) for p in theirs.params]
    assert CliRunner().invoke(mine, ["--help"]).output == CliRunner().invoke(theirs, ["--help"]).output
