"""What happens after every epoch: history, the best weights, a stop on NaN."""

import logging
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from tltool.tasks.classify.measures import SCORE
from tltool.training import callbacks
from tltool.training.callbacks import BestWeights, Diverged, Watch
from tltool.training.phases import Phase

PHASE = Phase("fine-tuning", "all", "frozen", epochs=4, learning_rate=0.01, patience=2)


def logs(accuracy: float, loss: float = 1.0, training_loss: float = 0.5) -> dict[str, float]:
    return {"loss": training_loss, "accuracy": 0.5, "val_accuracy": accuracy, "val_loss": loss}


def weight_holder() -> keras.Model:
    return keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])


def watching() -> Watch:
    watch = Watch(PHASE, SCORE, photos=10, batch_size=4)
    watch.set_model(SimpleNamespace(optimizer=SimpleNamespace(learning_rate=0.25)))
    return watch


@pytest.mark.parametrize(
    ("scores", "best", "epochs"),
    [
        ([(0.5, 1), (0.7, 1), (0.6, 0.1), (0.6, 0.1)], 1, 4),
        ([(0.5, 1), (0.5, 0.9), (0.5, 0.8), (0.5, 0.7)], 3, 4),
        ([(0.5, 1), (0.5, 1), (0.5, 1), (0.9, 1)], 0, 3),
        ([(0.0, 9)], 0, 1),
    ],
)
def test_the_best_epoch_by_validation_is_kept_and_patience_ends_the_phase(
    scores: list[tuple[float, float]], best: int, epochs: int
) -> None:
    model, trainer = weight_holder(), SimpleNamespace(stop_training=False)
    keeper = BestWeights(model, SCORE, patience=2)
    keeper.set_model(trainer)
    done = 0
    for epoch, (accuracy, loss) in enumerate(scores):
        model.set_weights([np.full((1, 1), float(epoch))])
        keeper.on_epoch_end(epoch, logs(accuracy, loss))
        done += 1
        if trainer.stop_training:
            break
    keeper.on_train_end()
    assert done == epochs
    assert model.get_weights()[0][0, 0] == keeper.weights[0][0, 0] == best
    assert keeper.score == (scores[best][0], -scores[best][1])


def test_each_epoch_leaves_a_row_of_history(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "SECONDS_BETWEEN_LOOKS", 0.0)
    watch = watching()
    with caplog.at_level(logging.DEBUG, "tltool"):
        for epoch in range(2):
            watch.on_epoch_begin(epoch)
            for batch in range(3):
                watch.on_train_batch_end(batch, {"loss": 0.7})
            watch.on_epoch_end(epoch, logs(0.5 + epoch / 10))
        watch.on_train_end()
    assert [{**row, "seconds": None, "photos_per_second": None} for row in watch.rows] == [
        {
            "phase": "fine-tuning",
            "epoch": epoch + 1,
            "loss": 0.5,
            "accuracy": 0.5,
            "val_accuracy": 0.5 + epoch / 10,
            "val_loss": 1.0,
            "learning_rate": 0.25,
            "seconds": None,
            "photos_per_second": None,
        }
        for epoch in range(2)
    ]
    steps = [record.step for record in caplog.records]
    assert [step.done for step in steps] == [4, 8, 10, 14, 18, 20, 40] and {step.total for step in steps} == {40}
    assert [step.milestone for step in steps] == [False, False, True] * 2 + [False]
    assert "epoch 2 of 4" in steps[4].note and "best validation accuracy 0.600" in steps[-1].note


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_stops_with_a_reason(loss: float) -> None:
    watch = watching()
    watch.on_epoch_begin(0)
    with pytest.raises(Diverged, match=rf"must stay finite. Received: {loss} in epoch 1 of fine-tuning.*--learning-rate than 0.01"):
        watch.on_epoch_end(0, logs(0.5, training_loss=loss))
    assert watch.rows == []
