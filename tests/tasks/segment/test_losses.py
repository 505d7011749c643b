"""What a class map costs."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers, ops
from regions import squares, sure

from tltool.tasks.segment.losses import CrossEntropyDice

TRUE = squares(2, 16).astype("float32")
LOGITS = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float32")


def each(true: np.ndarray, logits: np.ndarray, smoothing: float = 0.0) -> np.ndarray:
    return np.asarray(ops.convert_to_numpy(CrossEntropyDice(smoothing).call(ops.convert_to_tensor(true), ops.convert_to_tensor(logits))))


def test_a_right_map_costs_nothing_and_a_wrong_one_much() -> None:
    right = np.log(sure(TRUE.astype(int))) * 9
    assert each(TRUE, right).max() < 0.01 < 2 < each(TRUE, -right).min()


def test_it_is_cross_entropy_and_dice_of_every_photo() -> None:
    logits = np.random.default_rng(1).normal(size=(2, 16, 16, 3)).astype("float32")
    shares = np.asarray(ops.softmax(logits))
    there = np.eye(3)[TRUE.astype(int)]
    entropy = -np.log((shares * there).sum(-1)).mean((1, 2))
    dice = (2 * (shares * there).sum((1, 2)) + 1) / (shares.sum((1, 2)) + there.sum((1, 2)) + 1)
    shown = there.any((1, 2))
    assert each(TRUE, logits) == pytest.approx(entropy + ((1 - dice) * shown).sum(1) / shown.sum(1), rel=1e-5)


def test_pixels_of_no_known_class_cost_nothing_whatever_is_said_of_them() -> None:
    hidden = TRUE.copy()
    hidden[:, :8] = 255
    logits = np.repeat(np.repeat(LOGITS, 4, 1), 4, 2)
    other = logits.copy()
    other[:, :8] = np.random.default_rng(3).normal(size=other[:, :8].shape)
    for smoothing in (0.0, 0.1):
        assert each(hidden, other, smoothing) == pytest.approx(each(hidden, logits, smoothing))
    assert each(np.full_like(TRUE, 255), logits).tolist() == [0, 0]


def test_each_photo_has_its_own_cost_so_that_weights_count() -> None:
    both = each(TRUE, LOGITS)
    assert both.shape == (2,) and both == pytest.approx([*each(TRUE[:1], LOGITS[:1]), *each(TRUE[1:], LOGITS[1:])], rel=1e-5)
    weighted = CrossEntropyDice()(TRUE, LOGITS, sample_weight=np.array([1.0, 0.0]))
    assert float(weighted) == pytest.approx(both[0] / 2, rel=1e-5)


def test_smoothed_targets_hold_back_who_is_sure() -> None:
    right = np.log(sure(TRUE.astype(int))) * 9
    assert each(TRUE, right, 0.1).min() > 1 > each(TRUE, right).max()
    assert CrossEntropyDice.from_config(CrossEntropyDice(0.1).get_config()).label_smoothing == 0.1


def test_a_small_model_learns_what_it_is_shown() -> None:
    keras.utils.set_random_seed(0)
    photo = keras.Input((16, 16, 1))
    x = layers.Conv2D(8, 3, 4, "same", activation="relu")(photo)
    model = keras.Model(photo, layers.Conv2D(3, 1)(x))
    model.compile(keras.optimizers.Adam(0.02), CrossEntropyDice(), jit_compile=False)
    maps = squares(16, 16)
    costs = model.fit(maps[..., None].astype("float32"), maps.astype("float32"), epochs=25, verbose=0).history["loss"]
    assert costs[-1] < costs[0] / 2


RECKON = """
import numpy as np
from keras import ops
from tltool.tasks.segment.losses import CrossEntropyDice
from tltool.tasks.segment.streaming_iou import StreamingIou

draws = np.random.default_rng(0)
true, logits = draws.integers(0, 4, (2, 18, 18)).astype("float32"), draws.normal(size=(2, 5, 5, 4)).astype("float32")
true[:, :4] = 255
metric = StreamingIou(4, "miou")
metric.update_state(true, logits)
cost = CrossEntropyDice(0.1).call(ops.convert_to_tensor(true), ops.convert_to_tensor(logits))
found = [*map(float, cost), float(metric.result())]
"""


def test_jax_reckons_the_same() -> None:
    here: dict[str, list[float]] = {}
    exec(RECKON, here)
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    program = RECKON + "from keras import backend\nprint(backend.backend(), *found)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    backend, *found = done.stdout.split()
    assert backend == "jax" and [*map(float, found)] == pytest.approx(here["found"], rel=1e-5)
