"""A phase of training: exactly the layers that should learn do, and the best by validation stays."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas
import pytest

from tltool.data.samples import Samples
from tltool.errors import TltoolError
from tltool.models.assembly import assemble
from tltool.models.saving.store import load_model, save_model
from tltool.models.stack.conv_stack import build_stack
from tltool.specs import ConvStack, Head, Training
from tltool.tasks.classify.measures import SCORE
from tltool.training import fitting
from tltool.training.callbacks import Watch
from tltool.training.fitting import fit, train
from tltool.training.history import columns_for
from tltool.training.phases import Phase, plan_phases
from tltool.training.state import Outcome

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
    return assemble(build_stack(ConvStack(filters=(4, 4)), (16, 16, 3), 0), head, CLASSES, 0)


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


@pytest.mark.parametrize(
    ("unfreeze", "batch_norm", "moved"),
    [
        ("all", "frozen", CONVOLUTIONS),
        ("all", "train", CONVOLUTIONS | NORMS),
        (2, "frozen", {"block2_conv"}),
        ("block1_relu", "frozen", {"block2_conv"}),
        ("none", "frozen", set()),
    ],
)
def test_in_a_phase_exactly_the_unfrozen_layers_change(unfreeze: int | str, batch_norm: str, moved: set[str]) -> None:
    model = classifier()
    before = hashes(model)
    fit(model, pixels(), samples(), replace(TUNING, unfreeze=unfreeze, batch_norm=batch_norm), TRAINING)
    after = hashes(model)
    assert {name for name in before if before[name] != after[name]} == moved | {"logits"}


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
    assert found.score == pytest.approx((said == samples().labels[rows]).mean())
    assert [(row["phase"], row["epoch"]) for row in found.history] == [("training", 1), ("training", 2), ("training", 3)]
    assert set(found.history[0]) == set(columns_for(SCORE))
    assert all(np.array_equal(a, b) for a, b in zip(found.weights, model.get_weights(), strict=True))
    rates = [row["learning_rate"] for row in found.history]
    assert rates == sorted(rates, reverse=True) and rates[-1] == pytest.approx(0, abs=1e-6)


def test_in_bfloat16_a_phase_learns_and_leaves_a_float32_model_that_says_about_the_same(tmp_path: Path) -> None:
    model = classifier()
    phase = Phase("training", "all", "train", epochs=4, learning_rate=0.03, patience=4, augment="light")
    found = fit(model, pixels(), samples(), phase, TRAINING.model_copy(update={"precision": "mixed_bfloat16"}))
    rows = samples().rows("validation")
    save_model(model, tmp_path / "model.keras")
    loaded, photos = load_model(tmp_path / "model.keras"), pixels()[rows].astype("float32")
    said = loaded.predict_on_batch(photos)
    assert {layer.dtype_policy.name for layer in loaded._flatten_layers()} == {"float32"} and said.dtype == np.float32
    np.testing.assert_array_equal(said, model.predict_on_batch(photos))
    assert abs(found.score - (said.argmax(axis=1) == samples().labels[rows]).mean()) <= 1 / len(rows)
    best = max(found.history, key=lambda row: (row["val_accuracy"], -row["val_loss"]))
    assert best["val_accuracy"] == found.score


def test_a_loss_that_is_no_number_stops_the_phase_with_a_reason() -> None:
    spoiled = pixels().astype("float32")
    spoiled[3] = np.nan
    with pytest.raises(TltoolError, match=r"loss must stay finite. Received: nan in epoch 1 of training"):
        train(classifier(), spoiled, samples(), [replace(TUNING, name="training")], TRAINING)


@pytest.mark.parametrize("epoch", [0, 1])
def test_weights_that_the_last_step_of_an_epoch_spoiled_are_never_the_best(monkeypatch: pytest.MonkeyPatch, epoch: int) -> None:
    """The epoch's loss is a mean from before the last step; only the validation sees what that left."""
    model, own = classifier(), Watch.on_train_batch_end

    def spoil(watch: Watch, batch: int, logs: dict[str, Any] | None = None) -> None:
        own(watch, batch, logs)
        if len(watch.rows) == epoch and (batch + 1) * TRAINING.batch_size >= watch.photos:
            layer = model.get_layer("logits")
            layer.set_weights([np.full_like(weight, np.nan) for weight in layer.get_weights()])

    monkeypatch.setattr(Watch, "on_train_batch_end", spoil)
    found = fit(model, pixels(), samples(), replace(TUNING, epochs=epoch + 1), TRAINING)
    assert "Received: nan in epoch" in found.stopped and len(found.history) == epoch
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


@pytest.mark.parametrize("head", [Head(), Head(dense=(4,))])
def test_balance_changes_what_is_learned_in_every_phase(head: Head) -> None:
    table = samples().table
    table.loc[(table["label"] == "red") & (table.index > 3), "split"] = "test"
    uneven, found = Samples(table, CLASSES), []
    for balance in ("none", "weights", "oversample"):
        phases = [replace(phase, epochs=1) for phase in plan_phases(TRAINING, head, "all", True)]
        outcomes = train(classifier(head), pixels(), uneven, phases, TRAINING.model_copy(update={"balance": balance}))
        found.append([outcome.weights[-1] for outcome in outcomes])
    assert all(not np.array_equal(found[0][phase], other[phase]) for other in found[1:] for phase in range(2))
    assert not np.array_equal(found[1][1], found[2][1])


def test_no_test_photo_is_asked_for_before_the_end() -> None:
    asked: set[int] = set()

    class Watched(np.ndarray):
        def __getitem__(self, rows: Any) -> Any:
            asked.update(np.atleast_1d(rows).tolist())
            return np.asarray(self)[rows]

    phases = [replace(phase, epochs=1) for phase in plan_phases(TRAINING, Head(), "all", True)]
    train(classifier(), pixels().view(Watched), samples(), phases, TRAINING)
    assert asked == {*samples().rows("train").tolist(), *samples().rows("validation").tolist()}
    assert len(samples().rows("test")) and not asked & set(samples().rows("test").tolist())
