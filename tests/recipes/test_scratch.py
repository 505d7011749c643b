"""A Conv2D stack from scratch, end to end, on real handwritten digits."""

import logging
from pathlib import Path

import numpy as np
import pytest

from tltool import Backbone, ConvStack, Photos, Run, SpecError, Training, finetune, scratch
from tltool.data import write_digits
from tltool.models.stack.conv_stack import build_stack
from tltool.models.stack.filter_banks import bank
from tltool.runs import reopen
from tltool.training.checkpoint import Keeper
from tltool.training.state import State


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_digits(tmp_path_factory.mktemp("digits"), range(3))


def test_a_stack_learns_digits(digits: Path, tmp_path: Path) -> None:
    stack = ConvStack(filters=(8, 16), kernel_initializer="orthogonal", padding="reflect", pooling="average")
    run = scratch(Photos(data=digits, size=32), stack, training=Training(augment="none", epochs=12, batch_size=16), out=tmp_path / "r")
    assert run.report()["accuracy"] > 0.9
    assert run.record["resolved"]["stack"]["kernel_initializer"] == "orthogonal"
    assert list(Run(run.path).predictions().columns) == ["path", "label", "predicted", "p_0", "p_1", "p_2"]


def test_a_stack_too_deep_for_its_photos_is_explained(digits: Path, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"block5_pool must lay its window of 2×2 .* Received: 1×1 \(16×16 → 8×8 → 4×4 → 2×2 → 1×1\)"):
        scratch(Photos(data=digits, size=16), ConvStack(filters=(4,) * 6), out=tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_filters_that_people_designed_stay_as_they_are_through_training_fine_tuning_and_resuming(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stack = ConvStack(conv=("8@3:replicate", "16@3/2:dropout(0.1)"), first_layer="sobel", channels=1)
    digits, quick = write_digits(tmp_path / "digits", range(2), few=16), Training(augment="none", epochs=2, batch_size=16)

    def keep_one(self: Keeper, state: State) -> None:
        kept(self, state)
        raise KeyboardInterrupt

    kept = Keeper.__call__
    monkeypatch.setattr(Keeper, "__call__", keep_one)
    with pytest.raises(KeyboardInterrupt), caplog.at_level(logging.INFO, "tltool"):
        scratch(Photos(data=digits, size=32), stack, training=quick, out=tmp_path / "base")
    assert "none of fixed_grey, fixed_sobel" in caplog.text
    monkeypatch.undo()
    base = scratch(**reopen(tmp_path / "base", scratch))
    tuned = finetune(Photos(data=digits), Backbone(name=str(base.path), unfreeze="fixed_sobel"), training=quick, out=tmp_path / "tuned")
    for run in (base, tuned):
        backbone = run.model().get_layer("backbone")
        found = backbone.get_layer("fixed_sobel").get_weights()[0][:, :, 0]
        np.testing.assert_array_equal(found.transpose(2, 0, 1), np.array(bank("sobel"), "float32"))
        assert backbone.get_layer("fixed_grey").get_weights()[0].ravel().tolist() == pytest.approx([0.299, 0.587, 0.114])
        assert not any(backbone.get_layer(name).trainable for name in ("fixed_grey", "fixed_sobel"))
    drawn = build_stack(stack, (32, 32, 3), seed=0).get_layer("block1_conv").get_weights()[0]
    assert not np.array_equal(base.model().get_layer("backbone").get_layer("block1_conv").get_weights()[0], drawn)
    assert Run(base.path).record["typed"]["stack"] == {
        "conv": ["8@3:replicate", "16@3/2:dropout(0.1)"],
        "first_layer": "sobel",
        "channels": 1,
    }
