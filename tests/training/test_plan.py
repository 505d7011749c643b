"""What learns in each phase, as people are told before it begins."""

import logging
from typing import Any

import keras
import numpy as np
import pytest

from tltool.models.assembly import assemble
from tltool.models.freezing import warn_of_large_head
from tltool.models.stack.conv_stack import build_stack
from tltool.specs import ConvStack, Head
from tltool.training.phases import Phase
from tltool.training.plan import freeze_plan


def phase(name: str, unfreeze: int | str, batch_norm: str = "frozen", learning_rate: float = 1e-4, **others: Any) -> Phase:
    return Phase(name, unfreeze, batch_norm, epochs=7, learning_rate=learning_rate, patience=3, **others)


def stack() -> keras.Model:
    return build_stack(ConvStack(filters=(4, 4, 4)), (16, 16, 3), 0)


@pytest.mark.parametrize(
    ("planned", "backbone", "head"),
    [
        (phase("head", "none", solved=True), ("none", "0", "frozen", "–", "–"), ("solved", "–")),
        (phase("head", "none"), ("none", "0", "frozen", "–", "–"), ("0.0001", "up to 7")),
        (phase("fine-tuning", 2), ("block3_conv", "144", "frozen", "0.0001", "up to 7"), ("0.0001", "up to 7")),
        (phase("fine-tuning", "all"), ("3: block1_conv … block3_conv", "396", "frozen", "0.0001", "up to 7"), ("0.0001", "up to 7")),
        (
            phase("training", "all", "train"),
            ("6: block1_conv … block3_batch_norm", "420", "train", "0.0001", "up to 7"),
            ("0.0001", "up to 7"),
        ),
    ],
)
def test_the_plan_counts_what_trains(planned: Phase, backbone: tuple[str, ...], head: tuple[str, str]) -> None:
    model = assemble(stack(), Head(dense=(5,)), ["a", "b", "c"], 0)
    plan = freeze_plan(model, [planned])
    assert plan.rows == ((planned.name, "backbone", *backbone), (planned.name, "head", "2: dense1 … logits", "43", "–", *head))
    trains = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert sum(int(row[3].replace(",", "")) for row in plan.rows) == trains


def test_the_plan_of_two_phases_does_not_mix_them() -> None:
    model = assemble(stack(), Head(), ["a", "b"], 0)
    rows = freeze_plan(model, [phase("first", "all", "train"), phase("second", "none"), phase("third", 1, "train")]).rows
    assert [row[3] for row in rows] == ["420", "10", "0", "10", "8", "10"]


@pytest.mark.parametrize(("unfreeze", "said"), [("all", "1.0e-05 … 1.0e-03"), (2, "1.0e-04 … 1.0e-03"), (1, "1.0e-03")])
def test_the_plan_shows_the_lowest_and_the_highest_rate_of_what_learns(unfreeze: int | str, said: str) -> None:
    backbone = build_stack(ConvStack(filters=(2, 2, 2), batch_norm=False), (16, 16, 3), 0)
    planned = phase("fine-tuning", unfreeze, learning_rate=0.01, layer_decay=0.1)
    assert [row[5] for row in freeze_plan(assemble(backbone, Head(), ["a", "b"], 0), [planned]).rows] == [said, "0.01"]


def test_the_plan_says_what_is_fixed() -> None:
    model = assemble(build_stack(ConvStack(filters=(4, 4), channels=1, first_layer="sobel"), (16, 16, 3), 0), Head(), ["a", "b"], 0)
    rows = freeze_plan(model, [phase("training", "all", "train")]).rows
    assert rows[0] == ("training", "fixed", "none of fixed_grey, fixed_sobel", "0", "–", "–", "–")
    assert [row[1] for row in rows] == ["fixed", "backbone", "head"]
    assert sum(int(row[3]) for row in rows) == sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def test_a_network_without_a_backbone_has_a_plan_and_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    model = assemble(build_stack(ConvStack(filters=()), (16, 16, 3), 0), Head(pool="flatten", dense=(8,)), ["a", "b"], 0)
    with caplog.at_level(logging.WARNING, "tltool"):
        rows = freeze_plan(model, [phase("training", "all", "train")]).rows
        warn_of_large_head(model, "classify")
    assert [row[2] for row in rows] == ["none", "2: dense1 … logits"] and caplog.records == []
