"""The loss is least where everything is said as it is, and each part of what is said matters."""

import numpy as np
import pytest
from discs import CELLS, CLASSES, SIDE, known, labels_of, row_of_discs

from tltool.tasks.instances.layout import Maps, maps_of
from tltool.tasks.instances.losses import InstanceLoss
from tltool.tasks.instances.targets import targets_of

TRUTHS = [row_of_discs(0), row_of_discs(1)]
TARGETS = targets_of(labels_of(*TRUTHS), CLASSES, SIDE, CELLS, "pad")(np.arange(2), None)


def logits() -> np.ndarray:
    outputs = np.clip(known(*TRUTHS), -10, 10)
    maps = maps_of(outputs)
    scores = np.clip(maps.peaks, 0.001, 0.999)
    return np.concatenate([maps.boxes, np.log(scores / (1 - scores)), np.log(np.clip(maps.areas, 1e-4, 1)), maps.offsets], axis=-1)


def loss_of(said: np.ndarray) -> np.ndarray:
    return np.asarray(InstanceLoss().call(TARGETS, said.astype(np.float32)))


def test_there_is_one_number_for_each_photo() -> None:
    assert loss_of(logits()).shape == (2,)
    one = np.asarray(InstanceLoss().call(TARGETS[:1], logits()[:1].astype(np.float32)))
    np.testing.assert_allclose(one, loss_of(logits())[:1], rtol=1e-5)


@pytest.mark.parametrize("part", Maps._fields)
def test_every_map_matters(part: str) -> None:
    said = logits()
    getattr(maps_of(said), part)[:] = 0
    assert np.all(loss_of(said) > loss_of(logits()) + 0.1)


def test_to_miss_a_centre_by_a_cell_costs_a_tenth() -> None:
    said = logits()
    maps_of(said).offsets[..., 0] += 1 / CELLS
    beyond = logits()
    maps_of(beyond).offsets[..., 0] += 2 / CELLS
    np.testing.assert_allclose(loss_of(beyond) - loss_of(said), 0.1, atol=0.02)


def test_ways_on_the_ground_do_not_matter() -> None:
    said = logits()
    ground = TARGETS[..., -48:-32].min(axis=-1) >= len(CLASSES)
    inner = ground.reshape(2, CELLS, CELLS)
    away = inner & np.roll(inner, 1, 1) & np.roll(inner, -1, 1) & np.roll(inner, 1, 2) & np.roll(inner, -1, 2)
    for diagonal in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        away &= np.roll(inner, diagonal, (1, 2))
    maps_of(said).offsets[away.reshape(2, -1)] = 5
    np.testing.assert_allclose(loss_of(said), loss_of(logits()), rtol=1e-5)
