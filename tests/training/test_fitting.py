"""A phase of training: exactly the layers that should learn do, and the best by validation stays."""

import hashlib
import re
from dataclasses import replace

import keras
import numpy as np
import pandas
import pytest
from keras import ops

from tltool.data.samples import Samples
from tltool.errors import TltoolError
from tltool.models.assembly import assemble
from tltool.models.conv_stack import build_stack
from tltool.models.head import attach_head
from tltool.specs import ConvStack, Head, Training
from tltool.training import fitting
from tltool.training.fitting import class_weights, fit, optimizer, train
from tltool.training.phases import Phase, plan_phases
from tltool.training.state import Outcome, best_of

CLASSES = ["blue", "grey", "red"]
TRAINING = Training(epochs=1, learning_rate=0.01, batch_size=8, augment="none")
TUNING = Phase("fine-tuning", "all", "frozen", epochs=1, learning_rate=0.01, patience=3)
SPLITS = ["train"] * 21 + ["validation"] * 9 + ["test"] * 6


def samples() -> Samples:
    labels = [CLASSES[i % 3] for i in range(36)]
    table = pandas.DataFrame({"path": [f"/{i}.png" for i in range(36)], "sha256": "", "label": labels, "group": "", "split": SPLITS})
    return Samples(table, CLASSES)


def pixels() -> np.ndarray:
    """Photos whose colour tells their class, more or less: uint8 [36, 16, 16, 3]."""
    noise = np.random.default_rng(0).normal(0, 30, (36, 16, 16, 3))
    colours = np.array([[90, 110, 150], [115, 115, 115], [150, 110, 90]])
    return np.clip(colours[np.arange(36) % 3][:, None, None] + noise, 0, 255).astype("uint8")


def classifier(head: Head = Head()) -> keras.Model:
    return assemble(build_stack(ConvStack(filters=(4, 4)), 16, 0), head, CLASSES, 0)


def hashes(model: keras.Model) -> dict[str, str]:
    """Hash of the weights of each layer that has any; batch norm's statistics apart from its scale."""
    def digest(weights: list[np.ndarray]) -> str:
        return hashlib.sha256(b"".join(weight.tobytes() for weight in weights)).hexdigest()

    found = {}
    for layer in [*model.get_layer("backbone").layers, *(layer for layer in model.layers if layer.name != "backbone")]:
        weights = layer.get_weights()
        if isinstance(layer, keras.layers.BatchNormalization):
            found[f"{layer.name}.scale"], found[f"{layer.name}.statistics"] = digest(weights[:2]), digest(weights[2:])
        elif weights:
            found[layer.name] = digest(weights)
    return found


CONVOLUTIONS = {"block1_conv", "block2_conv"}
NORMS = {f"block{i}_batch_norm.{part}" for i in (1, 2) for part in ("scale", "statistics")}


@pytest.mark.parametrize(("unfreeze", "batch_norm", "moved"), [
    ("all", "frozen", CONVOLUTIONS), ("all", "train", CONVOLUTIONS | NORMS), (2, "frozen", {"block2_conv"}),
    ("block1_relu", "frozen", {"block2_conv"}), ("none", "frozen", set()),
])
def test_in_a_phase_exactly_the_unfrozen_layers_change(unfreeze: int | str, batch_norm: str, moved: set[str]) -> None:
    model = classifier()
    before = hashes(model)
    fit(model, pixels(), samples(), replace(TUNING, unfreeze=unfreeze, batch_norm=batch_norm), TRAINING)
    after = hashes(model)
    assert {name for name in before if before[name] != after[name]} == moved | {"logits"}


@pytest.mark.parametrize("head", [Head(), Head(dense=(4,)), Head(pool="flatten")])
def test_in_the_head_phase_only_the_head_changes(head: Head) -> None:
    model = classifier(head)
    before = hashes(model)
    first = replace(plan_phases(TRAINING, head, "none", True)[0], epochs=2)
    outcome = fit(model, pixels(), samples(), first, TRAINING)
    after = hashes(model)
    assert {name for name in before if before[name] != after[name]} == ({"logits", "dense1"} if head.dense else {"logits"})
    assert outcome.phase == "head" and outcome.history[0]["epoch"] == 1
    assert outcome.accuracy == max(row["val_accuracy"] for row in outcome.history)
    assert ("loss" in outcome.history[0]) != first.solved


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_a_solved_head_says_of_two_classes_what_its_accuracy_promises(output: str) -> None:
    two = samples().of("train")
    keep = two.table["label"] != "grey"
    table = two.table[keep].reset_index(drop=True).assign(split=["train"] * 8 + ["validation"] * 6)
    some, their_pixels = Samples(table, ["blue", "red"]), pixels()[:21][keep.to_numpy()]
    model = assemble(build_stack(ConvStack(filters=(4,)), 16, 0), Head(output=output), some.classes, 0)
    outcome, = train(model, their_pixels, some, plan_phases(TRAINING, Head(output=output), "none", True), TRAINING)
    rows = some.rows("validation")
    said = model.predict_on_batch(their_pixels[rows].astype("float32")).argmax(axis=1)
    assert outcome.accuracy == pytest.approx((said == some.labels[rows]).mean())


def outcome(phase: str, accuracy: float) -> Outcome:
    return Outcome(phase, accuracy, [], [])


@pytest.mark.parametrize(("scores", "kept"), [((0.8, 0.9), "1"), ((0.9, 0.8), "0"), ((0.9, 0.9), "1"), ((0.5,), "0")])
def test_the_phase_with_the_best_validation_is_kept_and_of_equals_the_later(scores: tuple[float, ...], kept: str) -> None:
    assert best_of([outcome(str(i), score) for i, score in enumerate(scores)]).phase == kept


def test_training_ends_with_the_weights_of_the_best_phase(monkeypatch: pytest.MonkeyPatch) -> None:
    def spoiled(model: keras.Model, pixels: np.ndarray, samples: Samples, phase: Phase, training: Training, *_: object) -> Outcome:
        if phase.name == "head":
            return fit(model, pixels, samples, phase, training)
        fit(model, pixels, samples, replace(phase, batch_norm="train"), training)  # moves everything and turns every flag
        return Outcome(phase.name, -1.0, model.get_weights(), [])

    model, photos = classifier(), pixels()[:4].astype("float32")
    monkeypatch.setattr(fitting, "fit", spoiled)
    outcomes = train(model, pixels(), samples(), plan_phases(TRAINING, Head(), "all", True), TRAINING)
    reached = model.predict_on_batch(photos)
    model.set_weights(outcomes[1].weights)
    assert not np.allclose(model.predict_on_batch(photos), reached)
    model.set_weights(outcomes[0].weights)
    np.testing.assert_array_equal(model.predict_on_batch(photos), reached)


def test_a_phase_ends_with_its_best_epoch_and_tells_of_every_epoch() -> None:
    model = classifier()
    phase = Phase("training", "all", "train", epochs=3, learning_rate=0.03, patience=3, augment="light")
    found = fit(model, pixels(), samples(), phase, TRAINING)
    rows = samples().rows("validation")
    said = model.predict_on_batch(pixels()[rows].astype("float32")).argmax(axis=1)
    assert found.accuracy == pytest.approx((said == samples().labels[rows]).mean())
    assert [(row["phase"], row["epoch"]) for row in found.history] == [("training", 1), ("training", 2), ("training", 3)]
    assert set(found.history[0]) == {"phase", "epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"}
    assert all(np.array_equal(a, b) for a, b in zip(found.weights, model.get_weights(), strict=True))
    rates = [row["learning_rate"] for row in found.history]
    assert rates == sorted(rates, reverse=True) and rates[-1] == pytest.approx(0, abs=1e-6)


def test_a_loss_that_is_no_number_stops_the_phase_with_a_reason() -> None:
    spoiled = pixels().astype("float32")
    spoiled[3] = np.nan
    with pytest.raises(TltoolError, match=r"loss must stay finite. Received: nan in epoch 1 of training"):
        fit(classifier(), spoiled, samples(), replace(TUNING, name="training"), TRAINING)


@pytest.mark.parametrize(("warm_up", "first"), [(0.1, 0.01), (0.0, 1.0)])
def test_the_rate_warms_up_to_its_peak_and_falls_to_nothing(warm_up: float, first: float) -> None:
    schedule = optimizer(replace(TUNING, learning_rate=1.0, warm_up=warm_up), steps=100)._learning_rate
    rates = [float(ops.convert_to_numpy(schedule(step))) for step in range(101)]
    peak = int(100 * warm_up)
    assert rates[0] == pytest.approx(first) and rates[peak] == pytest.approx(1.0) and rates[100] == pytest.approx(0, abs=1e-6)
    assert rates[: peak + 1] == sorted(rates[: peak + 1]) and rates[peak:] == sorted(rates[peak:], reverse=True)


def test_biases_and_batch_norm_do_not_decay() -> None:
    x = keras.Input((4, 4, 2))
    body = keras.layers.BatchNormalization()(keras.layers.Conv2D(2, 1, bias_initializer="ones")(x))
    model = keras.Model(x, attach_head(body, Head(), 2, 0))
    adamw = optimizer(replace(TUNING, warm_up=0.0), steps=10)
    before = model.get_weights()
    adamw.build(model.trainable_variables)
    adamw.apply([ops.zeros_like(variable) for variable in model.trainable_variables])
    decayed = {weight.path for weight, old in zip(model.weights, before, strict=True) if not np.array_equal(weight.numpy(), old)}
    assert decayed == {weight.path for weight in model.weights if re.search("kernel", weight.path)}


def test_gradients_are_clipped_together() -> None:
    assert optimizer(TUNING, 10).global_clipnorm == 1.0


@pytest.mark.parametrize("labels", [[0, 0, 0, 1], [2, 0, 0, 2, 2, 5], [1, 1]])
def test_with_weights_every_class_counts_the_same(labels: list[int]) -> None:
    weights = class_weights(np.array(labels), "weights")
    assert weights is not None and weights.mean() == pytest.approx(1)
    assert len({round(float(weights[np.array(labels) == label].sum()), 5) for label in labels}) == 1
    assert class_weights(np.array(labels), "none") is None


@pytest.mark.parametrize("head", [Head(), Head(dense=(4,))])
def test_balance_changes_what_is_learned_in_every_phase(head: Head) -> None:
    table = samples().table
    table.loc[(table["label"] == "red") & (table.index > 3), "split"] = "test"
    uneven, found = Samples(table, CLASSES), []
    for balance in ("none", "weights"):
        outcomes = train(classifier(head), pixels(), uneven, plan_phases(TRAINING, head, "all", True),
                         TRAINING.model_copy(update={"balance": balance}))
        found.append([outcome.weights[-1] for outcome in outcomes])
    assert all(not np.array_equal(one, other) for one, other in zip(*found, strict=True))
