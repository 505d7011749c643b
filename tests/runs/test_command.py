"""The command that began a run, from what was typed for it."""

import shlex
from pathlib import Path

import pytest

from tltool import Backbone, ConvStack, Head, Photos, Training
from tltool.runs import Run
from tltool.runs.command import command_of
from tltool.runs.forms import Record
from tltool.specs import Signals


def test_it_is_what_was_typed_and_can_be_typed_again(tmp_path: Path) -> None:
    photos, training = Photos(data="my photos", test=0.25, flip_pairs=("a:b", "c:d")), Training(epochs=2, flip=False, deterministic=True)
    specs = {"photos": photos, "backbone": Backbone(unfreeze=20), "head": Head(dense=(64, 32)), "training": training}
    run = Run.create(tmp_path / "run", "finetune", specs, asked={"folds": 5, "min_score": None})
    where = shlex.quote(str(Path("my photos").absolute()))
    assert command_of(run.record) == (
        f"tltool finetune --data {where} --test 0.25 --flip-pairs a:b,c:d --unfreeze 20 --dense 64,32 --epochs 2 --no-flip "
        "--deterministic --folds 5"
    )


def test_a_flag_that_is_repeated_is_and_an_argument_has_none(tmp_path: Path) -> None:
    stack = ConvStack(conv=("32@3", "64@5/2:dropout(0.2)"))
    scratch = Run.create(tmp_path / "a", "scratch", {"photos": Photos(data=tmp_path), "stack": stack})
    assert command_of(scratch.record) == f"tltool scratch --data {tmp_path} --conv 32@3 --conv '64@5/2:dropout(0.2)'"
    signals = Run.create(tmp_path / "b", "signals", {"signals": Signals(data=tmp_path / "x.npz")})
    assert command_of(signals.record) == f"tltool signals {tmp_path / 'x.npz'}"


@pytest.mark.parametrize(
    "record", [Record(recipe="someone_s_own"), Record(recipe="finetune", typed={"photos": {"unheard-of": [1, "; rm"]}})]
)
def test_what_is_not_known_here_is_no_error_and_no_command_of_another(record: Record) -> None:
    assert command_of(record) in ("", "tltool finetune --unheard-of '1,; rm'")
