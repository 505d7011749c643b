"""Slips of people who know other tools: each is answered with what is meant here, and exit code 2."""

import shlex

import click
import pytest
from click.testing import CliRunner

from tltool import catalog, dialects
from tltool.cli.main import tltool
from tltool.lookup import locate
from tltool.options import command

COMMANDS = {name: command(locate(address)) for name, address in catalog.RECIPES.items()}
KNOWN = {flag.lstrip("-") for found in COMMANDS.values() for parameter in found.params for flag in parameter.opts}


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("train --data photos", "The command must be finetune or scratch. Received: 'train'."),
        ("Fine_Tune --data photos", "The command must be finetune. Received: 'Fine_Tune'."),
        ("eval runs/x", "The command must be evaluate. Received: 'eval'."),
        ("classify runs/x a.jpg", "The command must be predict. Received: 'classify'."),
        ("finetune photos", "Got 'photos' without an option. Photos are given with --data photos."),
        ("scratch 'my photos' --epochs 3", "Got 'my photos' without an option. Photos are given with --data 'my photos'."),
        ("finetune --data photos more", "Got unexpected extra argument (more)"),
        ("finetune --data photos --lr 0.1", "No such option '--lr' here. It is called --learning-rate."),
        ("finetune --data photos --lr0=0.1", "No such option '--lr0' here. It is called --learning-rate."),
        ("finetune --data photos --model resnet50", "No such option '--model' here. It is called --backbone."),
        ("finetune --data photos --arch resnet50", "No such option '--arch' here. It is called --backbone."),
        ("finetune --data photos --batch 8", "No such option '--batch' here. It is called --batch-size."),
        ("finetune --data photos --batch_size 8", "No such option '--batch_size' here. It is called --batch-size."),
        ("finetune --data photos --imgsz 96", "No such option '--imgsz' here. It is called --size."),
        ("finetune --data photos --dropout 0.5", "No such option '--dropout' here. It is called --head-dropout."),
        ("finetune --image_dir photos", "No such option '--image_dir' here. It is called --data."),
        ("finetune --data photos --no-augment", "No such option '--no-augment' here. It is called --augment."),
        ("finetune --data photos --workers 8", "No such option '--workers' here. Leave it away: photos are decoded on every processor."),
        ("finetune data=photos imgsz=96", "Got 'data=photos', which is no option. Write --data photos."),
        ("check --data photos", "No such option '--data' here. It is called DIR, right behind tltool check."),
        ("predict --model runs/x a.jpg", "No such option '--model' here. It is called TRAINED, right behind tltool predict."),
        ("export runs/x --to onnx", "No such option '--to' here. It is called --format."),
        ("finetune --data photos --hue 1", "No such option '--hue'"),
    ],
)
def test_a_slip_is_answered_with_what_is_meant(typed: str, message: str) -> None:
    done = CliRunner().invoke(tltool, shlex.split(typed))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith(f"Error: {message}")


def test_every_word_of_another_tool_leads_to_flags_and_commands_that_there_are() -> None:
    shown = {
        parameter.make_metavar(click.Context(click.Command(""))).strip("[].").lower()
        for found in COMMANDS.values()
        for parameter in found.params
        if isinstance(parameter, click.Argument)
    }
    assert {flag for flags in dialects.FLAGS.values() for flag in flags} <= KNOWN | shown
    assert {name for names in dialects.COMMANDS.values() for name in names} <= set(COMMANDS)


def test_no_word_of_another_tool_hides_a_command_or_is_spelt_as_no_flag_is() -> None:
    assert not set(dialects.COMMANDS) & {*COMMANDS, "recipes", "copy"}
    assert all(word == dialects.spelt(word) for word in (*dialects.COMMANDS, *dialects.FLAGS, *dialects.NEEDLESS))
    assert not set(dialects.FLAGS) & set(dialects.NEEDLESS)


@pytest.mark.parametrize(
    ("typed", "begun", "offered"),
    [
        (["finetune", "--backbone"], "mobilenet_v3", ["mobilenet_v3_small", "mobilenet_v3_large"]),
        (["compare", "--backbone"], "nas", ["nasnet_mobile", "nasnet_large"]),
        (["check", "photos", "--backbone"], "vgg", ["vgg16", "vgg19"]),
        (["backbones"], "xc", ["xception"]),
        (["describe"], "vgg1", ["vgg16", "vgg19"]),
        (["scratch", "--kernel-initializer"], "he_", ["he_normal", "he_uniform"]),
        (["finetune", "--fit"], "c", ["crop"]),
        (["finetune", "--backbone"], "runs/fi", [("runs/fi", "file")]),
        (["finetune", "--data"], "pho", [("pho", "file")]),
    ],
)
def test_a_shell_completes_names_and_paths(typed: list[str], begun: str, offered: list[str | tuple[str, str]]) -> None:
    from click.shell_completion import ShellComplete

    found = ShellComplete(tltool, {}, "tltool", "_TLTOOL_COMPLETE").get_completions(typed, begun)
    assert [(item.value, item.type) if item.type != "plain" else item.value for item in found] == offered
