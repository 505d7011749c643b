"""Which layers learn. That weights then really move is shown with the training."""

import logging

import keras
import numpy as np
import pytest

from tltool.errors import SpecError
from tltool.models.assembly import assemble
from tltool.models.freezing import freeze, learning_layers, warn_of_large_head
from tltool.models.stack.conv_stack import build_stack
from tltool.specs import ConvStack, Head

WITH_WEIGHTS = [f"block{i}_{part}" for i in (1, 2, 3) for part in ("conv", "batch_norm")]


def stack() -> keras.Model:
    return build_stack(ConvStack(filters=(4, 4, 4)), (16, 16, 3), 0)


def learning(backbone: keras.Model) -> list[str]:
    return [layer.name for layer in backbone.layers if layer.trainable_weights]


@pytest.mark.parametrize(
    ("unfreeze", "expected"),
    [
        ("all", WITH_WEIGHTS),
        ("none", []),
        (0, []),
        (1, WITH_WEIGHTS[-1:]),
        (3, WITH_WEIGHTS[-3:]),
        (6, WITH_WEIGHTS),
        ("block2_batch_norm", WITH_WEIGHTS[3:]),
        ("block2_relu", WITH_WEIGHTS[4:]),
        ("scale", WITH_WEIGHTS),
    ],
)
def test_exactly_the_layers_asked_for_learn(unfreeze: int | str, expected: list[str]) -> None:
    backbone = stack()
    assert learning_layers(backbone, unfreeze) == expected
    freeze(backbone, learning_layers(backbone, unfreeze), "train")
    assert learning(backbone) == expected


def test_a_layer_with_nothing_to_learn_at_or_after_it_is_refused() -> None:
    with pytest.raises(SpecError, match=r"block3_relu.*last one is block3_batch_norm"):
        learning_layers(stack(), "block3_relu")


def test_frozen_batch_norm_does_not_learn_among_layers_that_do() -> None:
    backbone = stack()
    freeze(backbone, WITH_WEIGHTS, "frozen")
    assert learning(backbone) == WITH_WEIGHTS[::2]


def test_freezing_forgets_what_was_set_before() -> None:
    backbone = stack()
    freeze(backbone, WITH_WEIGHTS, "train")
    freeze(backbone, [], "frozen")
    assert learning(backbone) == []
    freeze(backbone, WITH_WEIGHTS[:1], "frozen")
    assert learning(backbone) == WITH_WEIGHTS[:1]


def test_a_batch_norm_that_is_frozen_uses_its_averages_in_training_too() -> None:
    backbone, photos = stack(), np.random.default_rng(0).uniform(0, 255, (4, 16, 16, 3)).astype("float32")
    freeze(backbone, WITH_WEIGHTS, "frozen")
    same = np.allclose(backbone(photos, training=True), backbone(photos, training=False), atol=1e-6)
    freeze(backbone, WITH_WEIGHTS, "train")
    assert same and not np.allclose(backbone(photos, training=True), backbone(photos, training=False), atol=1e-3)


@pytest.mark.parametrize(
    ("unfreeze", "words"),
    [
        (7, "at most the backbone's 6 layers with weights. Received: 7"),
        ("block2_con", "did you mean 'block2_conv'.*Received: 'block2_con'"),
        ("zzzz", "one of .*Received: 'zzzz'.*tltool backbones"),
    ],
)
def test_what_names_no_layer_is_refused(unfreeze: int | str, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        learning_layers(stack(), unfreeze)


@pytest.mark.parametrize(("head", "warned"), [(Head(), False), (Head(pool="flatten", dense=(64,)), True)])
def test_a_head_larger_than_the_backbone_gets_a_word(head: Head, warned: bool, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "tltool"):
        warn_of_large_head(assemble(stack(), head, ["a", "b"], 0), "classify")
    assert ("by heart" in caplog.text) == warned
    assert not warned or "1,218 parameters, more than the backbone's 444" in caplog.text


def test_adapt_lets_the_statistics_follow_and_keeps_the_scale() -> None:
    backbone = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="dense"), keras.layers.BatchNormalization(name="norm")])
    freeze(backbone, ["norm"], "adapt")
    before = [weight.copy() for weight in backbone.get_layer("norm").get_weights()]
    backbone(np.random.default_rng(0).normal(5, 2, (8, 4)).astype("float32"), training=True)
    after = backbone.get_layer("norm").get_weights()
    assert backbone.trainable_weights == [] and backbone.get_layer("norm").momentum == 0.9
    assert [np.array_equal(a, b) for a, b in zip(before, after, strict=True)] == [True, True, False, False]
    freeze(backbone, ["norm"], "train")
    assert len(backbone.trainable_weights) == 2


# Fixed layers


def with_fixed_filters() -> keras.Model:
    return build_stack(ConvStack(filters=(4, 4), channels=1, first_layer="sobel"), (16, 16, 3), 0)


@pytest.mark.parametrize("unfreeze", ["all", "none", 4, "fixed_grey", "fixed_sobel", "block1_conv"])
@pytest.mark.parametrize("batch_norm", ["frozen", "adapt", "train"])
def test_fixed_filters_never_learn_whatever_is_unfrozen(unfreeze: int | str, batch_norm: str) -> None:
    backbone = with_fixed_filters()
    chosen = learning_layers(backbone, unfreeze)
    assert not any(name.startswith("fixed") for name in chosen) and bool(chosen) == (unfreeze != "none")
    freeze(backbone, [*chosen, "fixed_grey", "fixed_sobel"], batch_norm)
    assert not any(name.startswith("fixed") for name in learning(backbone))


def test_fixed_filters_are_not_counted_among_the_layers_that_can_learn() -> None:
    with pytest.raises(SpecError, match="at most the backbone's 4 layers with weights"):
        learning_layers(with_fixed_filters(), 5)
