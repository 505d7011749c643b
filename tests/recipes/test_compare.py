"""Dense network, Conv2D stack and transfer on the same few drawn photos, end to end."""

import csv
import json
import logging
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tltool import Comparison, ConvStack, Head, Photos, Run, RunError, SpecError, Training, compare, models, scratch
from tltool.evaluation.comparison import Compared, Saving
from tltool.evaluation.contenders import _savings
from tltool.models.assembly import assemble
from tltool.models.stack.conv_stack import build_stack
from tltool.models.summary.anatomy import take_apart
from tltool.runs.contents import PARTS

SIDE, EACH = 16, 12
STACK = ConvStack(filters=(4, 8))
QUICK = Training(epochs=2, batch_size=8, augment="none")
FIGURES = ("comparison.png", "translation.png", "three-reasons.png")


def draw(folder: Path, names: tuple[str, ...], seed: int) -> Path:
    """Photos of stripes: lying, standing or slanting, on noise."""
    rows, columns = np.indices((SIDE, SIDE))
    across = {"lying": rows, "standing": columns, "slanting": rows + columns}
    drawn = np.random.default_rng(seed)
    for name in names:
        (folder / name).mkdir(parents=True)
        for number in range(EACH):
            stripes = 180 * ((across[name] + drawn.integers(4)) % 4 < 2)
            Image.fromarray((stripes[..., None] + drawn.integers(0, 70, (SIDE, SIDE, 3))).astype("uint8")).save(
                folder / name / f"{number}.png"
            )
    return folder


@pytest.fixture(scope="module")
def stripes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("photos") / "stripes", ("lying", "standing", "slanting"), 0)


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that transfer begins with."""
    folder = tmp_path_factory.mktemp("earlier")
    photos = draw(folder / "photos", ("lying", "standing"), 1)
    return scratch(Photos(data=photos, size=SIDE), ConvStack(filters=(6,)), training=QUICK, out=folder / "run").path


@pytest.fixture(scope="module")
def compared(stripes: Path, earlier: Path, tmp_path_factory: pytest.TempPathFactory) -> Compared:
    return compare(Photos(data=stripes), STACK, Comparison(backbone=str(earlier)), QUICK, out=tmp_path_factory.mktemp("out") / "c")


def test_three_finished_runs_share_one_split(compared: Compared) -> None:
    runs = [Run(compared.folder / name) for name in PARTS["compare"]]
    assert [run.finished["recipe"] for run in runs] == ["scratch", "scratch", "finetune"]
    splits = {(run.path / "split.csv").read_text() for run in (Run(compared.folder), *runs)}
    assert len(splits) == 1
    assert [run.report()["accuracy"] for run in runs] == [entrant.accuracy for entrant in compared.contenders]
    assert len({tuple(run.predictions()["path"]) for run in runs}) == 1
    assert Run(compared.folder).record["state"] == "finished"
    with pytest.raises(RunError, match="one of the runs in it: dense, stack, transfer"):
        Run(compared.folder).model()


def test_the_dense_network_has_the_number_of_units_nearest_to_the_stack_s_parameters(compared: Compared) -> None:
    dense, stack, _ = compared.contenders
    unit, units = SIDE * SIDE * 3 + 1 + 3, Run(dense.run).model().get_layer("dense1").units
    assert dense.learned == (SIDE * SIDE * 3 + 1) * units + (units + 1) * 3 and dense.frozen == stack.frozen == 0
    assert units == 1 or abs(dense.learned - stack.learned) <= unit / 2


def test_every_number_is_that_of_the_runs(compared: Compared) -> None:
    dense, stack, transfer = compared.contenders
    models = [Run(entrant.run).model() for entrant in compared.contenders]
    assert [entrant.learned + entrant.frozen for entrant in compared.contenders] == [model.count_params() for model in models]
    assert transfer.frozen == models[2].get_layer("backbone").count_params() and transfer.learned == (6 + 1) * 3
    half = SIDE // 2
    assert stack.multiply_adds == SIDE**2 * 27 * 4 + half**2 * 36 * 8 + 8 * 3
    assert dense.bytes == (compared.folder / "dense" / "model.keras").stat().st_size
    assert (dense.epochs, stack.epochs, transfer.epochs) == (2, 2, 0) and transfer.seconds > 0
    assert compared.savings == [
        Saving("block1_conv", 108, 27, SIDE**2 * 3, SIDE**2 * 4),
        Saving("block2_conv", 288, 36, half**2 * 4, half**2 * 8),
    ]
    assert (compared.savings[0].unshared, compared.savings[0].dense) == (27 * SIDE**2 * 4, SIDE**2 * 3 * SIDE**2 * 4)
    with (compared.folder / "stack" / "history.csv").open(newline="") as file:
        assert stack.seconds == pytest.approx(sum(float(row["seconds"]) for row in csv.DictReader(file)), abs=0.06)


def test_only_convolutions_that_learn_save_something() -> None:
    model = assemble(build_stack(ConvStack(filters=(4,), channels=1, first_layer="sobel"), (SIDE, SIDE, 3), 0), Head(), "ab", 0)
    (saving,) = _savings(take_apart(model), model)
    assert (saving.layer, saving.dense_connections) == ("block1_conv", SIDE * SIDE * 2)


def test_in_place_the_moved_photos_are_the_report(compared: Compared) -> None:
    for entrant in compared.contenders:
        for wrap in (False, True):
            found = entrant.distances(wrap)
            assert (found[0].accuracy, found[0].unchanged) == (entrant.accuracy, 1.0) and list(found) == [0, 2, 4, 8, 12, 16]
        assert entrant.distances(wrap=True)[16].unchanged == 1.0, "16 pixels are once round"


def test_the_folder_holds_the_numbers_and_the_figures(compared: Compared) -> None:
    kept = json.loads((compared.folder / "comparison.json").read_text())
    assert [entrant["name"] for entrant in kept["contenders"]] == ["dense network", "Conv2D stack", "transfer"]
    assert kept["contenders"][0]["moved"][0]["accuracy_interval"] == compared.contenders[0].moved[0].accuracy_interval
    for name in FIGURES:
        assert Image.open(compared.folder / name).size[0] > 1000
    told = "\n".join(map(str, compared.said()))
    assert "Conv2D stack" in told and "three-reasons.png" in told and "McNemar" in told
    assert [record["name"] for record in compared.records() if "name" in record] == [entrant.name for entrant in compared.contenders]


def test_an_interrupted_comparison_goes_on_where_it_was(
    stripes: Path, earlier: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*given: object, **named: object) -> None:
        raise KeyboardInterrupt

    out, hint = tmp_path / "c", r"^Resume with: tltool compare --resume \S+/c$"
    wishes = Photos(data=stripes, size=SIDE, group_by=r"(\d+)\.png"), STACK, Comparison(backbone=str(earlier), units=2), QUICK
    with monkeypatch.context() as patched:
        patched.setattr("tltool.training.history.csv.DictWriter.writerows", interrupted)
        with pytest.raises(KeyboardInterrupt, match=hint):
            compare(*wishes, out=out)
    assert not (out / "stack").exists() and Run(out / "dense").record["state"] == "unfinished"
    with monkeypatch.context() as patched:
        patched.setattr("tltool.recipes.compare.finetune", interrupted)
        with pytest.raises(KeyboardInterrupt, match=hint):
            Run(out).resume()
    before = {name: (out / name / "run.json").read_bytes() for name in ("dense", "stack")}
    with caplog.at_level(logging.INFO, "tltool"):
        found = Run(out).resume()
    assert {name: (out / name / "run.json").read_bytes() for name in ("dense", "stack")} == before
    assert Run(found.contenders[0].run).model().get_layer("dense1").units == 2
    with pytest.raises(RunError, match="finished"):
        Run(out).resume()
    with pytest.raises(RunError, match="force"):
        compare(*wishes, out=out)


def test_the_device_is_chosen_before_the_backbone_is_opened(stripes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has used a GPU cannot leave it."""
    called: list[str] = []

    def use_device(training: Training) -> tuple[Training, str]:
        called.append("device")
        return training, "CPU"

    def open_backbone(*given: object) -> None:
        called.append("backbone")
        raise KeyboardInterrupt

    monkeypatch.setattr(models, "use_device", use_device, raising=False)
    monkeypatch.setattr(models, "open_backbone", open_backbone, raising=False)
    with pytest.raises(KeyboardInterrupt):
        compare(Photos(data=stripes, size=32), STACK, Comparison(), QUICK, out=tmp_path / "c")
    assert called == ["device", "backbone"]


def test_a_comparison_that_is_forced_and_interrupted_takes_no_part_of_the_one_before(
    compared: Compared, stripes: Path, earlier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*given: object, **named: object) -> None:
        raise KeyboardInterrupt

    out, comparison = shutil.copytree(compared.folder, tmp_path / "c"), Comparison(backbone=str(earlier), units=2)
    with monkeypatch.context() as patched:
        patched.setattr("tltool.recipes.compare.scratch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            compare(Photos(data=stripes), ConvStack(filters=(6,)), comparison, QUICK, out=out, force=True)
    assert {path.name for path in out.iterdir()} == {"run.json", "split.csv"}
    assert Run(out).record["resolved"]["training"]["precision"] is None, "the parts settle it, and comparisons begun before go on"
    found = Run(out).resume()
    assert Run(found.contenders[1].run).model().get_layer("backbone").output_shape[-1] == 6


def test_with_a_budget_of_time_each_gets_its_minutes(stripes: Path, earlier: Path, tmp_path: Path) -> None:
    found = compare(
        Photos(data=stripes),
        ConvStack(filters=(4,)),
        Comparison(budget="time", backbone=str(earlier), units=3),
        Training(minutes=0.02, batch_size=8, augment="none"),
        out=tmp_path / "c",
    )
    assert [entrant.seconds >= 1.2 for entrant in found.contenders] == [True] * 3
    assert found.contenders[2].epochs >= 1
    assert Run(found.contenders[0].run).record["phases"][0]["minutes"] == 0.02


@pytest.mark.parametrize(
    ("stack", "comparison", "message"),
    [
        (ConvStack(conv=("4@3", "4@7:valid:max(4)", "4@5:valid")), Comparison(backbone="resnet50"), "block3_conv must lay"),
        (STACK, Comparison(backbone="xception"), "Photos.size must be at least 71"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_written(
    stripes: Path, tmp_path: Path, stack: ConvStack, comparison: Comparison, message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        compare(Photos(data=stripes, size=2 * SIDE), stack, comparison, out=tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_a_backbone_that_is_none_is_refused() -> None:
    with pytest.raises(SpecError, match=r"Comparison.backbone must be .*mobilenet_v2"):
        Comparison(backbone="mobilenet_v22")
