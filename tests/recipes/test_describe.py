"""`tltool describe`: what it prints of a stack, a backbone and a run, what it refuses, and that a stack needs nothing heavy."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tltool import ConvStack, Head, Run, RunError, SpecError, describe
from tltool.cli.main import tltool
from tltool.models.summary.layer_tables import cost_table, dense_table, formula_table, size_table, stage_table
from tltool.typesetting import drawn

CLASSIC = ("--conv", "10@3", "--conv", "20@5/2", "--conv", "40@5/2", "--padding", "valid", "--pooling", "none", "--no-batch-norm")
HEAVY = {"keras", "tensorflow", "jax", "numpy", "pandas", "matplotlib", "sklearn", "scipy", "PIL"}


def typed(*arguments: object) -> Result:
    return CliRunner().invoke(tltool, ["describe", *map(str, arguments)])


def lines_of(table: object) -> list[str]:
    from rich.console import Console

    console = Console(width=400, file=open("/dev/null", "w"), record=True)  # noqa: SIM115
    console.print(drawn(table, 400))  # type: ignore[arg-type]
    return [line.rstrip() for line in console.export_text().splitlines()]


def test_the_classic_stack_with_its_formulas() -> None:
    done = typed(*CLASSIC, "--size", 39)
    assert done.exit_code == 0
    for told in (
        "⌊(39+2·0−3)/1⌋+1 = 37",
        "⌊(37+2·0−5)/2⌋+1 = 17",
        "⌊(17+2·0−5)/2⌋+1 = 7",
        "(3·3·3+1)·10 = 280",
        "(5·5·10+1)·20 = 5,020",
        "(5·5·20+1)·40 = 20,040",
        "Parameters: 25,340, of which 25,340 learn.",
    ):
        assert told in done.stdout


def test_the_classic_dense_network() -> None:
    done = typed("--conv", "6@5", "--padding", "valid", "--pooling", "none", "--no-batch-norm", "--size", 32, "--ann")
    assert "3,072 → 4,704" in done.stdout and "(3,072+1)·4,704 = 14,455,392" in done.stdout and "(5·5·3+1)·6 = 456" in done.stdout
    assert "31,700×" in done.stdout


def test_formulas_are_put_in_when_asked_for() -> None:
    done = typed(*CLASSIC, "--size", 39, "--formulas")
    assert "7+(5−1)·2 = 15" in done.stdout and "½[39(1−1)+3−1] = 1" in done.stdout and "7·7·40·500 = 980,000" in done.stdout
    assert "7+(5−1)·2" not in typed(*CLASSIC, "--size", 39).stdout


def test_a_stack_is_described_without_anything_heavy() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from tltool.cli.main import tltool\n"
        "done = CliRunner().invoke(tltool, ['describe', '--classes', '10', '--dense', '64', '--ann', '--formulas'])\n"
        f"print(done.exit_code, *(set(sys.modules) & set({sorted(HEAVY)!r})))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "0"


def test_every_table_of_a_usual_stack_fits_a_hundred_columns() -> None:
    found = describe(head=Head(dense=(256,)), classes=10, stack=ConvStack(filters=(32, 64, 128, 256)))
    for table in (
        size_table("t", found.layers),
        cost_table(found.layers),
        formula_table(found.layers),
        dense_table(found.layers),
        stage_table("t", found.layers),
    ):
        assert max(map(len, lines_of(table))) <= 100
    assert max(len(line) for line in found.told(formulas=True, ann=True).said() if isinstance(line, str)) <= 140


def test_json_has_one_object_per_layer_and_the_total() -> None:
    *layers, total = map(json.loads, typed(*CLASSIC, "--size", 39, "--json").stdout.splitlines())
    conv = [layer for layer in layers if layer["kind"] == "convolution"]
    assert [layer["parameters"] for layer in conv] == [280, 5_020, 20_040] and conv[2]["receptive_field"] == [15, 15]
    assert conv[0]["axes"][0] == {
        "size": 39,
        "window": 3,
        "stride": 1,
        "before": 0,
        "after": 0,
        "dilation": 1,
        "leaving": 37,
        "formula": "⌊(39+2·0−3)/1⌋+1 = 37",
        "keeping_padding": 1.0,
    }
    assert total["parameters"] == 25_340 and total["multiply_adds"] == sum(layer["multiply_adds"] for layer in layers)


def test_keras_counts_the_same_when_asked() -> None:
    found = describe(stack=ConvStack(filters=(4, 8)), size=16, classes=3, build=True)
    assert found.keras == found.parameters and "Keras counts" in " ".join(line for line in found.said() if isinstance(line, str))


def test_a_stack_for_signals() -> None:
    done = typed("--length", 64, "--series", 2, "--padding", "causal", "--pooling", "none", "--filters", "8,8")
    assert done.exit_code == 0 and "signals of 64×2" in done.stdout and "photo" not in done.stdout


def test_a_backbone_is_told_by_the_size_of_its_maps_or_layer_by_layer() -> None:
    short, long = (typed("mobilenet_025", "--size", 96, "--classes", 4, *flags) for flags in ((), ("--layers",)))
    assert "(Keras counts 219,572)" in short.stdout and "head" in short.stdout and "conv_pw_12" not in short.stdout
    assert "conv_pw_12" in long.stdout and "128·256 = 32,768" in long.stdout


def test_a_run_is_taken_apart_down_to_its_backbone(run: Run) -> None:
    found = describe(str(run.path))
    assert found.keras == found.parameters == run.model().count_params()
    assert {"conv_pw_13", "logits"} <= {layer.name for layer in found.layers} and "6 classes" in found.title
    assert describe(str(run.path / "model.keras")).parameters == found.parameters


def test_a_stack_is_drawn_and_its_drawing_kept(tmp_path: Path) -> None:
    file = tmp_path / "stack.png"
    assert f"Drawn: {file}" in typed("--plot", file).stdout and file.stat().st_size > 10_000
    assert "--force" in typed("--plot", file).stderr
    assert typed("--plot", file, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("resnet5",), "did you mean"),
        (("mobilenet", "--filters", "3"), "is said of a stack"),
        (("--dense", "3"), "--classes"),
        (("mobilenet", "--length", "9"), "is said of a stack"),
        (("--size", "9", "--length", "9"), "--length of signals"),
        (("--padding", "valid", "--filters", "4,4", "--kernel-size", "9", "--size", "12", "--pooling", "none"), "block2_conv"),
        (("--padding", "causal"), "causal"),
        (("no/such/run",), "run.json"),
        (("--plot", "a.jpg"), "must end in"),
        (("mobilenet", "--size", "20"), "at least 32"),
        (("--head-output", "sigmoid", "--classes", "3"), "two classes"),
        (("--build", "vgg16"), "--build"),
    ],
)
def test_what_cannot_be_described_is_explained(arguments: tuple[str, ...], message: str) -> None:
    done = typed(*arguments)
    assert done.exit_code == 1 and message in done.stderr and "Traceback" not in done.stderr


def test_a_run_has_its_own_size_and_classes(run: Run) -> None:
    with pytest.raises(SpecError, match="size must be left away"):
        describe(str(run.path), size=64)
    with pytest.raises(RunError):
        describe(str(run.path.parent))


def test_a_stack_without_blocks_is_a_dense_network() -> None:
    found = describe(stack=ConvStack(filters=()), head=Head(pool="flatten", dense=(20,), dropout=0), size=16, classes=3)
    assert found.parameters == (16 * 16 * 3 + 1) * 20 + 21 * 3 and "0 blocks" in found.title
    assert list(found.told(ann=True).said())
