"""The door for Python: kinds are seen to before a recipe runs, and one sentence says what is wrong, in the words of Python."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest

from tltool import catalog
from tltool.errors import GateError, RunError, SpecError, TltoolError
from tltool.lookup import locate
from tltool.options import options_of, recipe
from tltool.parameters import Folds, MinScore, Out, Source
from tltool.runs import Run, spec_kinds
from tltool.specs import Backbone, Comparison, ConvStack, ExportFormat, Head, Photos, Signals, Spec, Training, option

RECIPES = {name: locate(address) for name, address in catalog.RECIPES.items()}
SPECS: dict[type[Spec], Spec] = {
    Photos: Photos(data="photos"),
    Backbone: Backbone(),
    Head: Head(),
    Training: Training(),
    ConvStack: ConvStack(),
    Comparison: Comparison(),
    Signals: Signals(data="x.npz"),
}
STRANGERS = (3, "text", None, {"epochs": 3}, ["a"], np.zeros(3), object(), Path("x"), print)
got: list[dict[str, Any]] = []


@recipe
def train(
    photos: Photos,
    head: Head = Head(),
    training: Training = Training(),
    folds: Folds = None,
    out: Out = None,
    files: Annotated[tuple[Path, ...], option(help="Files.", argument=True, min_length=1)] = (),
    format: Annotated[tuple[ExportFormat, ...], option(("tflite",), help="What.")] = ("tflite",),
    other: Source = None,
) -> None:
    """Train a toy."""
    got.append({"head": head, "folds": folds, "out": out, "files": files, "format": format, "other": other})
    if folds == 3:
        raise RunError(
            "--folds and --head-dropout must go with --out; not with --hue. Run `tltool train --folds 3`. Resume with: tltool train --out x"
        )
    if folds == 4:
        raise GateError("The accuracy must reach --folds.", {"accuracy": 1})


PHOTOS = Photos(data="photos")


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_has_the_door(name: str) -> None:
    assert RECIPES[name].__wrapped__.__name__ == name


SLOTS = [(name, slot, kind) for name, found in RECIPES.items() for slot, kind in spec_kinds(found).items()]


def given_to(name: str) -> dict[str, Any]:
    """Every spec of a recipe, and a word for what else it must have."""
    specs = {slot: SPECS[kind] for slot, kind in spec_kinds(RECIPES[name]).items()}
    return specs | {option.parameter: "x" for option in options_of(RECIPES[name]) if not option.field and option.required}


@pytest.mark.parametrize(("name", "slot", "kind"), SLOTS)
def test_nothing_but_its_own_kind_fits_into_a_slot_of_a_recipe(name: str, slot: str, kind: type[Spec]) -> None:
    fitting = given_to(name)
    for wrong in (*(spec for own, spec in SPECS.items() if own is not kind), kind, *STRANGERS):
        with pytest.raises(SpecError, match=rf"^{slot} of {name} must be a {kind.__name__}\. Received: [^\n]+\. Write|Leave") as error:
            RECIPES[name](**{**fitting, slot: wrong})
        assert "\n" not in str(error.value)


def test_a_parameter_answers_to_the_name_that_it_had_before() -> None:
    @recipe
    def judge(min_score: MinScore = None) -> float | None:
        return min_score

    @recipe
    def copied_before(min_accuracy: MinScore = None) -> float | None:
        return min_accuracy

    assert judge(min_score=0.5) == judge(min_accuracy=0.5) == copied_before(min_accuracy=0.5) == 0.5  # type: ignore[call-arg]


PLAIN = sorted({(name, option.parameter) for name, found in RECIPES.items() for option in options_of(found) if not option.field})


@pytest.mark.parametrize(("name", "parameter"), PLAIN)
def test_no_parameter_of_a_recipe_takes_an_object_of_no_meaning(name: str, parameter: str) -> None:
    with pytest.raises(SpecError, match="Received: ") as error:
        RECIPES[name](**{**given_to(name), parameter: object()})
    assert "\n" not in str(error.value) and "--" not in str(error.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"head": Training()},
            "head of train must be a Head. Received: a value of the type tltool.specs.training.Training. Write training=… in front of it.",
        ),
        ({"head": Head}, "head of train must be a Head. Received: the class Head. Write Head()."),
        ({"head": {"pool": "max"}}, "head of train must be a Head. Received: {'pool': 'max'}. Write Head(**…)."),
        ({"head": None}, "head of train must be a Head. Received: None. Leave it away for the default."),
        ({"photos": "photos"}, "photos of train must be a Photos. Received: 'photos'. Write photos=Photos(data=…)."),
        ({"folds": 50}, "folds must be less than or equal to 20. Received: 50."),
        ({"folds": "many"}, "folds must be a valid integer. Received: 'many'."),
        ({"out": 3}, "out must be a path. Received: 3."),
        ({"format": "coreml"}, "format must be 'saved_model', 'tflite' or 'onnx'. Received: 'coreml'."),
        (
            {"other": 3},
            "Photos must be given as a folder, a CSV or a DataFrame. Received: 3. Give the path of a folder with one subfolder per "
            "class, or a table with the columns path and label.",
        ),
        (
            {"lr": 0.1},
            "train takes photos, head, training, folds, out, files, format, other. Received: 'lr'. Write "
            "training=Training(learning_rate=…).",
        ),
        (
            {"dropout": 0.1},
            "train takes photos, head, training, folds, out, files, format, other. Received: 'dropout'. Write head=Head(dropout=…).",
        ),
        ({"n_folds": 3}, "train takes photos, head, training, folds, out, files, format, other. Received: 'n_folds'. Write folds=…."),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(given: dict[str, Any], message: str) -> None:
    got.clear()
    with pytest.raises(SpecError) as error:
        train(**{"photos": PHOTOS, **given})
    assert (str(error.value), got) == (message, [])


def test_a_word_that_no_table_knows_is_python_s_own_error() -> None:
    with pytest.raises(TypeError, match="hue"):
        train(PHOTOS, hue=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="photos"):
        train()  # type: ignore[call-arg]


def test_what_fits_arrives_as_the_command_line_would_hand_it_over(tmp_path: Path) -> None:
    train(PHOTOS, Head(pool="max"), folds=5, out=str(tmp_path), files="a.jpg", format="onnx", other=str(tmp_path))  # type: ignore[arg-type]
    assert got[-1] == {
        "head": Head(pool="max"),
        "folds": 5,
        "out": tmp_path,
        "files": (Path("a.jpg"),),
        "format": ("onnx",),
        "other": tmp_path,
    }
    train(PHOTOS, out=Run(tmp_path), files=["a.jpg", Path("b.jpg")])  # type: ignore[arg-type]
    assert got[-1]["out"] == tmp_path and got[-1]["files"] == (Path("a.jpg"), Path("b.jpg"))


def test_an_error_names_fields_to_python_and_flags_to_the_command_line() -> None:
    with pytest.raises(RunError) as error:
        train(PHOTOS, folds=3)
    assert str(error.value) == (
        "folds and Head.dropout must go with out; not with --hue. Run `tltool train --folds 3`. Resume with: tltool train --out x"
    )
    assert error.value.typed.startswith("--folds and --head-dropout must go with --out; not with --hue.")
    with pytest.raises(GateError, match=r"^The accuracy must reach folds\.$") as missed:
        train(PHOTOS, folds=4)
    assert missed.value.result == {"accuracy": 1}


@pytest.mark.parametrize(
    ("make", "message", "typed"),
    [
        (lambda: Head(dropout=1), "Head.dropout must be less than 1. Received: 1.", "--head-dropout must be less than 1. Received: 1."),
        (lambda: Backbone(name="resnet5"), "Backbone.name must be a known name", "--backbone must be a known name"),
        (lambda: Comparison(backbone="resnet5"), "Comparison.backbone must be a known name", "--backbone must be a known name"),
        (
            lambda: Training(augment="none", views=2),
            "Training.views must be 1 with Training.augment none",
            "--views must be 1 with --augment",
        ),
        (lambda: Training(lr=3), "Training has no 'lr'; it is called learning_rate.", "Training has no 'lr'; it is called learning_rate."),
        (lambda: Photos(data="x", imgsz=3), "Photos has no 'imgsz'; it is called size.", "Photos has no 'imgsz'; it is called size."),
    ],
)
def test_a_spec_names_its_fields_to_python_too(make: Any, message: str, typed: str) -> None:
    with pytest.raises(SpecError) as error:
        make()
    assert str(error.value).startswith(message) and error.value.typed.startswith(typed)


def test_an_error_that_was_never_behind_a_door_says_the_same_to_all() -> None:
    assert TltoolError("--out must be new.").typed == str(TltoolError("--out must be new.")) == "--out must be new."
