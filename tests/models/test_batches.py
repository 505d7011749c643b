"""Batches: every photo once per epoch, in an order that the seed and the epoch alone decide."""

import random

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tltool.models.batches import Batches
from tltool.task import Targets

PIXELS = np.arange(20, dtype="uint8").reshape(20, 1, 1, 1) * np.ones((1, 2, 2, 3), "uint8")


def of(table: np.ndarray) -> Targets:
    """A row of ``table`` for each photo, however it varies."""
    return lambda rows, _: table[rows]


def order(batches: Batches) -> list[int]:
    """Which photos the batches hold, in order; each photo is painted with its place in ``PIXELS``."""
    return [int(photo[0, 0, 0]) for i in range(len(batches)) for photo in batches[i][0]]


@settings(max_examples=40, deadline=None)
@given(rows=st.sets(st.integers(0, 19)), batch_size=st.integers(1, 25), seed=st.none() | st.integers(0, 3), epochs=st.integers(0, 2))
def test_each_photo_comes_once_per_epoch_with_its_target(rows: set[int], batch_size: int, seed: int | None, epochs: int) -> None:
    places = np.array(sorted(rows), dtype=int)
    batches = Batches(PIXELS, places, of(np.arange(20)[:, None] * 10), batch_size, seed)
    for _ in range(epochs):
        batches.on_epoch_end()
    parts = [batches[i] for i in range(len(batches))]
    assert sorted(order(batches)) == sorted(rows)
    assert all((photos[:, 0, 0, 0] * 10 == targets[:, 0]).all() for photos, targets in parts)
    assert [len(photos) for photos, _ in parts] == [batch_size] * (len(rows) // batch_size) + [len(rows) % batch_size] * (
        len(rows) % batch_size > 0
    )


def test_without_a_seed_the_order_is_that_of_the_rows_in_every_epoch() -> None:
    batches = Batches(PIXELS, np.array([5, 2, 9]), batch_size=2)
    batches.on_epoch_end()
    assert order(batches) == [5, 2, 9] and len(batches[0]) == 1


def test_the_order_is_that_of_seed_and_epoch_alone() -> None:
    def orders(seed: int) -> list[list[int]]:
        random.seed(seed), np.random.seed(seed), keras.utils.set_random_seed(seed + 1)
        batches, found = Batches(PIXELS, np.arange(20), batch_size=6, seed=4), []
        for _ in range(3):
            found.append(order(batches))
            batches.on_epoch_end()
        return found

    assert orders(0) == orders(1)
    assert len({tuple(one) for one in orders(0)}) == 3
    assert order(Batches(PIXELS, np.arange(20), seed=4)) != order(Batches(PIXELS, np.arange(20), seed=5))


def test_photos_come_as_float32_of_0_to_255() -> None:
    (photos,) = Batches(np.full((1, 2, 2, 3), 255, "uint8"), np.array([0]))[0]
    assert photos.dtype == np.float32 and photos.max() == 255


def test_fitting_sees_the_order_of_each_epoch_whole() -> None:
    class Recorded(Batches):
        def __getitem__(self, index):
            served.append((self.epoch, index))
            return super().__getitem__(index)

    served: list[tuple[int, int]] = []
    batches = Recorded(PIXELS, np.arange(20), of(np.zeros((20, 1))), batch_size=6, seed=0)
    model = keras.Sequential([keras.Input((2, 2, 3)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(batches, epochs=3, shuffle=False, verbose=0)
    last = batches.epoch  # Keras ends one epoch more than it trains, before the first
    for epoch in range(last - 3, last):
        indices = [index for at, index in served if at == epoch]
        assert indices[-4:] == [0, 1, 2, 3], "Keras asks for batches in order; a first look at the shapes may come before"


def test_weights_go_with_their_photos() -> None:
    batches = Batches(PIXELS, np.arange(20), of(np.arange(20)[:, None]), 6, seed=1, weights=np.arange(20) * 2.0)
    assert all(
        (photos[:, 0, 0, 0] * 2 == weights).all() and (targets[:, 0] * 2 == weights).all()
        for photos, targets, weights in (batches[i] for i in range(len(batches)))
    )


def test_after_some_epochs_it_goes_on_with_the_order_of_the_next() -> None:
    first, later = Batches(PIXELS, np.arange(20), seed=1), Batches(PIXELS, np.arange(20), seed=1, epoch=2)
    first.on_epoch_end(), first.on_epoch_end()
    assert order(first) == order(later)


@pytest.mark.parametrize("batch_size", [1, 7])
def test_no_photos_are_no_batches(batch_size: int) -> None:
    assert len(Batches(PIXELS, np.array([], dtype=int), batch_size=batch_size)) == 0


def photos_of(batches: Batches) -> np.ndarray:
    return np.concatenate([batches[i][0] for i in range(len(batches))])


def test_photos_vary_by_seed_epoch_and_content_and_not_by_their_company() -> None:
    pixels, rows = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3)).astype("uint8"), np.arange(20)

    def varied(rows: np.ndarray, **given) -> dict[int, bytes]:
        batches = Batches(pixels, rows, lambda rows, _: rows[:, None], amounts={"shift": 50}, **{"seed": 1, **given})
        return {int(row): photo.tobytes() for i in range(len(batches)) for photo, (row,) in zip(*batches[i])}

    first = varied(rows)
    assert first == varied(rows, batch_size=3) and first[4] == varied(rows[3:6])[4]
    assert all(first[row] != other[row] for other in (varied(rows, seed=2), varied(rows, epoch=1)) for row in rows.tolist())


def test_a_photo_that_comes_twice_in_an_epoch_varies_anew() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (1, 8, 8, 3)).astype("uint8")
    found = photos_of(Batches(pixels, np.array([0, 0, 0]), seed=1, amounts={"shift": 50}))
    assert len({photo.tobytes() for photo in found}) == 3


def test_without_amounts_no_photo_varies() -> None:
    assert np.array_equal(photos_of(Batches(PIXELS, np.arange(20))), PIXELS)


def test_targets_are_told_how_each_photo_varies() -> None:
    told = {}

    def targets(rows: np.ndarray, matrices: np.ndarray | None) -> np.ndarray:
        told[len(told)] = matrices
        return rows[:, None]

    Batches(PIXELS, np.arange(20), targets, 8)[0], Batches(PIXELS, np.arange(20), targets, 8, seed=0, amounts={"shift": 50})[0]
    assert told[0] is None and told[1].shape == (8, 2, 3) and np.ptp(told[1][:, 0, 2]) > 0
