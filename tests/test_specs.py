"""The wishes: what they take, what they refuse and in which words, and what a run keeps of them."""

import json
from pathlib import Path
from typing import Any

import pandas
import pytest

from tltool.errors import SpecError
from tltool.specs import Backbone, Comparison, ConvStack, Head, Photos, Spec, Training

GIVE = "Give the path of a folder with one subfolder per class, or a table with the columns path and label."
SPECS = (Photos, Backbone, Head, ConvStack, Training, Comparison)


@pytest.mark.parametrize(
    ("spec", "values", "message"),
    [
        (Photos, {"data": ""}, f"Photos must be given as a folder, a CSV or a DataFrame. Received: ''. {GIVE}"),
        (Photos, {"data": "  "}, f"Photos must be given as a folder, a CSV or a DataFrame. Received: '  '. {GIVE}"),
        (Photos, {"data": None}, f"Photos must be given as a folder, a CSV or a DataFrame. Received: None. {GIVE}"),
        (Photos, {"data": 3}, f"Photos must be given as a folder, a CSV or a DataFrame. Received: 3. {GIVE}"),
        (Photos, {"data": "x", "size": 5}, "--size must be greater than or equal to 16. Received: 5."),
        (Photos, {"data": "x", "size": "big"}, "--size must be a valid integer. Received: 'big'."),
        (Photos, {"data": "x", "fit": "cropp"}, "--fit must be 'crop', 'pad' or 'stretch'. Received: 'cropp'."),
        (Photos, {"data": "x", "validation": float("nan")}, "--validation must be less than 1. Received: nan."),
        (
            Photos,
            {"data": "x", "validation": 0.9, "test": 0.2},
            "--validation and --test must leave photos to train on, so be less than 1 together. Received: 0.9 and 0.2.",
        ),
        (
            Photos,
            {"data": "x", "sice": 224},
            "Photos has no 'sice'; it knows data, task, size, fit, tiles, validation, test, group_by, split, normalise_by, flip_pairs.",
        ),
        (
            Backbone,
            {"name": "mobilenet_v"},
            "--backbone must be a known name (did you mean 'mobilenet_v2' or 'mobilenet' or 'mobilenet_025'?). Received: 'mobilenet_v'.",
        ),
        (Backbone, {"unfreeze": -3}, "--unfreeze must be all, none, a layer's name or a number from 0 up. Received: -3."),
        (Backbone, {"unfreeze": "-3"}, "--unfreeze must be all, none, a layer's name or a number from 0 up. Received: -3."),
        (Backbone, {"unfreeze": ""}, "--unfreeze must be all, none, a layer's name or a number from 0 up. Received: ''."),
        (Backbone, {"scaling": "bgr"}, "--scaling must be 'unit', 'tf', 'caffe', 'torch' or 'none'. Received: 'bgr'."),
        (Head, {"dense": "0"}, "--dense must be greater than or equal to 1. Received: '0'."),
        (Head, {"dense": "256,x"}, "--dense must be a valid integer. Received: 'x'."),
        (Head, {"dense": (256, -1)}, "--dense must be greater than or equal to 1. Received: -1."),
        (Head, {"dropout": 1}, "--head-dropout must be less than 1. Received: 1."),
        (Head, {"activation": "tahn"}, "--head-activation must be a known name (did you mean 'tanh'?). Received: 'tahn'."),
        (
            Head,
            {"initializer": "orthogonl"},
            "--head-initializer must be a known name (did you mean 'orthogonal'?). Received: 'orthogonl'.",
        ),
        (ConvStack, {"filters": "8,0"}, "--filters must be greater than or equal to 1. Received: '0'."),
        (ConvStack, {"conv": "8x3"}, "--conv must be FILTERS@KERNEL[/STRIDE][:WORD]…, as in 32@3 or 64@3/2:reflect:relu. Received: '8x3'."),
        (ConvStack, {"kernel_initializer": "zero"}, "--kernel-initializer must be a known name (did you mean 'zeros'?). Received: 'zero'."),
        (ConvStack, {"batch_norm": "maybe"}, "--batch-norm must be a valid boolean. Received: 'maybe'."),
        (
            Comparison,
            {"weights": "none"},
            "--weights must be trained ones, for there is no transfer from random weights. Received: 'none'.",
        ),
        (Comparison, {"weights": "gone.h5"}, "--weights must be imagenet, none or a file that exists. Received: 'gone.h5'."),
        (Training, {"learning_rate": 0}, "--learning-rate must be greater than 0. Received: 0."),
        (Training, {"seed": 2**31}, "--seed must be less than 2147483648. Received: 2147483648."),
    ],
)
def test_what_cannot_hold_is_refused_in_one_sentence(spec: type[Spec], values: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as error:
        spec(**values)
    assert error.value.typed == message
    assert " --" not in f" {error.value}", "Python has fields and no flags"


def test_photos_need_data() -> None:
    with pytest.raises(SpecError, match="Photos needs data: Folder with one subfolder of photos per class"):
        Photos()


def test_a_spec_error_is_a_value_error_with_nothing_of_pydantic_behind_it() -> None:
    with pytest.raises(ValueError) as error:
        Head(pool="mean")
    assert isinstance(error.value, SpecError)
    assert error.value.__suppress_context__


def test_a_spec_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Head().pool = "max"


@pytest.mark.parametrize("given", ["256,128", " 256, 128 ,", (256, 128), [256, 128], ["256", 128]])
def test_units_come_as_text_or_numbers(given: Any) -> None:
    assert Head(dense=given).dense == (256, 128)


def test_a_lone_number_is_one_dense_layer_and_no_text_is_none() -> None:
    assert Head(dense=256).dense == (256,)
    assert Head(dense="").dense == ()


@pytest.mark.parametrize(("given", "kept"), [("all", "all"), ("none", "none"), ("30", 30), (30, 30), ("0", 0), ("conv1", "conv1")])
def test_unfreeze_is_a_word_a_number_or_a_layer(given: int | str, kept: int | str) -> None:
    assert Backbone(unfreeze=given).unfreeze == kept


def test_a_backbone_is_a_name_a_run_or_a_hub_handle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "earlier").mkdir()
    (tmp_path / "vgg16").mkdir()
    assert not Backbone().is_run
    assert Backbone(name="earlier").is_run
    assert Backbone(name=tmp_path / "earlier").is_run
    assert Backbone(name="runs/none-yet").is_run
    assert not Backbone(name="vgg16").is_run, "a catalogued name means the network, whatever lies in the folder"
    assert Backbone(name="hub:google/x/1").is_hub
    assert not Backbone(name="hub:google/x/1").is_run
    with pytest.raises(SpecError):
        Backbone(name="")


@pytest.mark.parametrize(
    ("backbone", "pretrained"),
    [({}, True), ({"weights": "none"}, False), ({"weights": __file__}, True), ({"name": "./run"}, True), ({"name": "hub:x"}, True)],
)
def test_random_weights_alone_are_not_pretrained(backbone: dict[str, str], pretrained: bool) -> None:
    assert Backbone(**backbone).is_pretrained is pretrained


def test_filling_touches_only_what_is_automatic() -> None:
    typed = Training(epochs=3)
    filled = typed.fill(epochs=30, learning_rate=0.5)
    assert (filled.epochs, filled.learning_rate) == (3, 0.5)
    assert typed.learning_rate is None
    assert filled.typed() == {"epochs": 3}
    assert filled.resolved()["learning_rate"] == 0.5


def test_typing_a_default_still_counts_as_typed() -> None:
    assert Training(batch_size=32).typed() == {"batch_size": 32}
    assert Training().typed() == {}


@pytest.mark.parametrize(
    "spec",
    [
        Photos(data="photos", size=96, test=0.2),
        Backbone(name="resnet50", unfreeze="3"),
        Head(dense=(8, 4)),
        ConvStack(filters="8,16", batch_norm=False),
        Training(epochs=2, device="cpu"),
    ],
)
def test_what_was_typed_comes_back_from_json(spec: Spec) -> None:
    again = type(spec)(**json.loads(json.dumps(spec.typed())))
    assert again.resolved() == spec.resolved()
    assert set(again.typed()) == set(spec.typed())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"weights": "nowhere.h5"}, "a file that exists"),
        ({"weights": "none", "name": "hub:x"}, "left away with a hub module or a run"),
        ({"weights": "imagenet", "name": "./run"}, "left away with a hub module or a run"),
        ({"weights": "none", "unfreeze": "none"}, "Backbone.unfreeze must be all with Backbone.weights none"),
    ],
)
def test_what_would_silently_be_ignored_is_refused(fields: dict[str, str], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        Backbone(**fields)


def test_paths_hold_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "my.h5").touch()
    assert Photos(data="photos").typed()["data"] == str(tmp_path / "photos")
    assert Backbone(name="run").typed() == {"name": str(tmp_path / "run")}
    assert Backbone(weights="my.h5").typed() == {"weights": str(tmp_path / "my.h5")}
    (tmp_path / "imagenet").mkdir()
    assert Backbone(name="vgg16", weights="imagenet").typed() == {"name": "vgg16", "weights": "imagenet"}


def test_a_table_of_photos_lives_on_in_the_run() -> None:
    photos = Photos(data=pandas.DataFrame({"path": ["a.jpg"], "label": ["hat"]}), size=96)
    kept = photos.kept_in(Path("/runs/one"))
    assert kept.typed() == {"data": "/runs/one/split.csv", "size": 96, "task": "auto"}
    assert Photos(data="photos").kept_in(Path("/runs/one")).data == Path("photos")


@pytest.mark.parametrize("spec", SPECS)
def test_every_field_has_a_sentence_of_help(spec: type[Spec]) -> None:
    for name, field in spec.model_fields.items():
        assert field.description, f"{spec.__name__}.{name} has no help"
        assert field.description.endswith((".", ")")), f"{spec.__name__}.{name} is no sentence"


@pytest.mark.parametrize("spec", [Backbone, Head, ConvStack, Training, Comparison])
def test_defaults_hold(spec: type[Spec]) -> None:
    assert spec(**spec().resolved()).resolved() == spec().resolved()


def test_transfer_begins_with_the_weights_that_were_named(tmp_path: Path) -> None:
    (tmp_path / "own.h5").touch()
    comparison = Comparison(weights=str(tmp_path / "own.h5"))
    assert comparison.transfer == Backbone(weights=str(tmp_path / "own.h5"), unfreeze="none")
    assert comparison.typed() == {"weights": str(tmp_path / "own.h5")}


@pytest.mark.parametrize(
    ("earlier", "said", "left"),
    [
        ({"filters": (4,), "dilation_growth": 2, "padding": "causal"}, {"conv": ("8@3",)}, {"padding": "causal", "conv": ("8@3",)}),
        ({"conv": ("8@3",), "padding": "valid"}, {"kernel_size": 5}, {"padding": "valid", "kernel_size": 5}),
        (
            {"filters": (4,), "padding": "causal"},
            {"padding": "same", "kernel_size": 5},
            {"filters": (4,), "padding": "same", "kernel_size": 5},
        ),
    ],
)
def test_a_stack_said_in_one_way_leaves_nothing_of_one_said_in_the_other(earlier, said, left):
    assert ConvStack.over(earlier, said) == left
    ConvStack(**left)
