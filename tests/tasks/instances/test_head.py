"""The four maps of the head, and that they can be learned."""

import keras
import numpy as np
import pytest
from discs import CELLS, CLASSES, SIDE, labels_of, row_of_discs
from keras import layers

from tltool.errors import SpecError
from tltool.specs import Head
from tltool.tasks.instances import head
from tltool.tasks.instances.layout import Maps, classes_in, maps_of
from tltool.tasks.instances.losses import FINES, unpacked


def model(classes: int = 2) -> keras.Model:
    keras.utils.set_random_seed(0)
    photo = keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(8, 4, strides=4, activation="relu")(photo)
    return keras.Model(photo, head.attach(x, Head(), classes, 0))


@pytest.mark.parametrize("classes", [1, 2, 5])
def test_maps_are_as_wide_as_they_say(classes: int) -> None:
    built = model(classes)
    outputs = built(np.zeros((1, SIDE, SIDE, 3), "float32"))
    maps = maps_of(np.asarray(outputs))
    assert [part.shape[-1] for part in maps] == [4, classes, classes + 1, 2] and classes_in(outputs.shape[-1]) == classes
    assert outputs.shape[1] == CELLS**2 and head.fits(built, classes) and not head.fits(built, classes + 1)
    np.testing.assert_allclose(maps.areas.sum(axis=-1), 1, atol=1e-5)
    assert np.all((maps.peaks > 0) & (maps.peaks < 0.1))


def test_parts_are_layers_of_their_own_side_by_side() -> None:
    built = model()
    names = ("boxes", "heat", "areas", "offsets")
    tensors = [built.get_layer(name).output for name in (*names, "logits")]
    *parts, logits = keras.Model(built.input, tensors)(np.ones((1, SIDE, SIDE, 3), "float32"))
    for part, said in zip(parts, maps_of(np.asarray(logits)), strict=True):
        assert np.array_equal(np.asarray(part), said)
    assert len(Maps._fields) == len(parts)


def test_the_loss_falls() -> None:
    built, labels = model(), labels_of(row_of_discs(0), row_of_discs(1))
    trainer = keras.Model(built.input, built.get_layer("logits").output)
    wanted = head.targets(built, labels, CLASSES, "pad")(np.arange(2), None)
    kinds, _ = unpacked(wanted[..., -3 * FINES :], CELLS)
    photos = np.repeat(np.where(np.asarray(kinds) == 0, 255, 0)[..., None], 3, axis=-1).astype("float32")
    trainer.compile(keras.optimizers.Adam(0.01), head.loss(built, 0.0))
    first = trainer.train_on_batch(photos, wanted)
    for _ in range(10):
        last = trainer.train_on_batch(photos, wanted)
    assert last < 0.7 * first


def test_it_cannot_be_solved_for() -> None:
    with pytest.raises(SpecError, match="one that finds masks"):
        head.solve(model(), (np.zeros(1), np.zeros(1)), (np.zeros(1), np.zeros(1)), False, 1)
