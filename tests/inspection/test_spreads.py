"""What an initializer does before training: measured on photos, and told in sentences."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from tltool import ConvStack, Head, SpecError, initializers
from tltool.data import write_digits
from tltool.inspection.initializers import _listed
from tltool.inspection.spreads import Spread, Spreads, judged

DEEP = ConvStack(filters=(6,) * 6, pooling="none", batch_norm=False)


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_digits(tmp_path_factory.mktemp("digits"), range(2), few=6)


@pytest.fixture(scope="module")
def spreads(digits: Path) -> Spreads:
    return initializers(digits / "train", DEEP, size=16, against="zeros,ones,truncated_normal(stddev=0.01),he_uniform")


def test_he_keeps_its_width_where_zeros_and_small_ones_vanish_and_ones_explode(spreads: Spreads) -> None:
    assert [spread.initializer for spread in spreads.found] == ["he_normal", "zeros", "ones", "truncated_normal(stddev=0.01)", "he_uniform"]
    assert spreads.named("vanishes", "activations") == spreads.named("vanishes", "gradients") == ["zeros", "truncated_normal(stddev=0.01)"]
    assert spreads.named("explodes", "activations") == spreads.named("explodes", "gradients") == ["ones"]
    assert spreads.photos == 12 and all(len(spread.gradients) == 6 for spread in spreads.found)
    said = " ".join(part for part in spreads.said() if isinstance(part, str))
    assert "activations vanish with zeros, truncated_normal(stddev=0.01)." in said and "gradients explode with ones." in said
    assert "Batch norm" not in said


def test_the_gradients_are_those_of_the_loss() -> None:
    """Against a difference quotient: a little more of one block's output, everywhere in one photo."""
    from tltool.inspection import initializers as study
    from tltool.tasks.classify.head import targets as targets_for

    stack, shape = ConvStack(filters=(3, 4), pooling="none", batch_norm=False, activation="tanh"), (16, 16, 3)
    pixels = np.random.default_rng(0).uniform(0, 255, (4, *shape)).astype("float32")
    probed = study._probed(stack, Head(dropout=0), shape, ["a", "b"], 4, 0)
    targets = targets_for(probed, np.array([0, 1, 0, 1]), ["a", "b"], "crop")(np.arange(4), None)
    probe = probed.get_layer("probe_block1_tanh")
    study._spread(probed, stack, Head(dropout=0), ["a", "b"], pixels, targets, 0)
    gradient = -np.asarray(probe.added)
    body = study.models.build_stack(stack, shape, 0)  # the step moved the weights; these are those of before
    study._take_weights(probed, study.logits_of(keras.Model(body.input, study.attach_head(body.output, Head(dropout=0), 2, 0))))
    direction = np.random.default_rng(1).normal(size=gradient.shape).astype("float32")
    losses = []
    for sign in (1, -1):
        probe.added.assign(sign * 1e-2 * direction)
        losses.append(float(probed.evaluate(pixels, targets, batch_size=4, verbose=0)))
    assert (losses[0] - losses[1]) / 2e-2 == pytest.approx(float((gradient * direction).sum()), rel=0.05)


def test_the_same_command_measures_the_same(spreads: Spreads, digits: Path) -> None:
    again = initializers(digits / "train", DEEP, size=16, against="zeros")
    assert again.found[0] == spreads.found[0] and again.found[1] == spreads.found[1]
    other = initializers(digits / "train", DEEP, size=16, against="zeros", seed=1)
    assert other.found[0] != spreads.found[0]


def test_json_has_one_object_per_initializer(spreads: Spreads) -> None:
    records = [json.loads(json.dumps(record)) for record in spreads.records()]
    assert [record["initializer"] for record in records][:2] == ["he_normal", "zeros"] and records[1]["activations"] == [0.0] * 6


@pytest.mark.parametrize(
    ("ratio", "values", "word"),
    [
        (1.0, (1, 1), "keeps its width"),
        (0.2, (1, 0.2), "fades"),
        (5.0, (1, 5), "grows"),
        (0.001, (1, 0.001), "vanishes"),
        (0.0, (0, 0), "vanishes"),
        (1e4, (1, 1e4), "explodes"),
        (1.0, (float("inf"), 1), "explodes"),
        (0.0, (float("nan"), 1), "explodes"),
    ],
)
def test_words_for_what_happens(ratio: float, values: tuple[float, ...], word: str) -> None:
    assert judged(ratio, values) == word


def test_one_block_is_told_too() -> None:
    told = list(Spreads("1 block", 1, 0.0, False, 0, (Spread("ones", (2.0,), (1.0,)),)).said())
    assert len(told) >= 4


def test_names_are_parted_at_commas_outside_brackets() -> None:
    long = "variance_scaling(scale=2.0, mode=fan_out)"
    assert _listed(f"zeros, {long},ones") == ["zeros", long, "ones"]
    assert len(_listed("all")) == 14
    with pytest.raises(SpecError, match="--against"):
        _listed("zeros,he_norml")
