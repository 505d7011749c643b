import keras
import numpy as np
import pytest
from keras import layers
from named_points import NAMES

from tltool.data.annotations.truths import Truth
from tltool.models.augmentation import draw, trainer_of, vary
from tltool.specs import Head
from tltool.tasks.landmarks import answers, head, labels, measures
from tltool.tasks.landmarks.points import truth_of
from tltool.tasks.landmarks.targets import means_of

SIZE = 32
MIDDLES = np.linspace(-6, 14, 401)  # cells
COLOURS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]])


def scenes(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Dark squares with four dots, each of a colour of its own, uint8 [n, SIZE, SIZE, 3], and where they are."""
    generator = np.random.default_rng(seed)
    photos, truths = generator.integers(0, 40, (n, SIZE, SIZE, 3), "uint8"), np.empty(n, object)
    for i, photo in enumerate(photos):
        corners = generator.permutation([(4, 4), (18, 4), (4, 18), (18, 18)]) + generator.integers(0, 7, (4, 2))
        for (x, y), colour in zip(corners, COLOURS, strict=True):
            photo[y : y + 4, x : x + 4] = colour
        truths[i] = truth_of((SIZE, SIZE), corners + 2.0, NAMES)
    return photos, truths


def small_model() -> keras.Model:
    keras.utils.set_random_seed(0)
    photo = keras.Input((SIZE, SIZE, 3))
    x = layers.Rescaling(1 / 127.5, -1)(photo)
    for strides in (2, 2):
        x = layers.Conv2D(16, 3, strides, padding="same", activation="relu")(x)
    return keras.Model(photo, head.attach(x, Head(), len(NAMES), 0))


def test_a_model_learns_where_points_are() -> None:
    (photos, truths), (others, known), model = scenes(64), scenes(16, seed=1), small_model()
    targets = head.targets(model, truths, NAMES, "pad")(np.arange(64), None)
    trainer = trainer_of(model)
    trainer.compile(keras.optimizers.AdamW(0.01), head.loss(model, 0.0))
    history = trainer.fit(photos.astype("float32"), targets, batch_size=16, epochs=25, verbose=0).history["loss"]
    assert history[-1] < history[0] - 0.5

    said = answers.said(model.predict(others.astype("float32"), verbose=0), NAMES, {}, labels.frames(known, SIZE, "pad"))
    found = labels.encode(said, NAMES)
    report = measures.measure(known, found, NAMES, "test", answers.settle(found, known, NAMES, truths))
    assert report["closeness"] > 0.9 > 0.75 > report["guess"]["closeness"]


def test_the_points_move_as_the_photo_varies() -> None:
    """A varied photo has its colours where the targets say."""
    photos, truths = scenes(8)
    variation = draw({"flip": 1, "shift": 10, "rotation": 20, "zoom": 15}, SIZE, [str(i) for i in range(8)], 3)
    seen, targets = vary(photos, variation), head.targets(small_model(), truths, NAMES, "pad")(np.arange(8), variation.matrices)
    mirrored = np.linalg.det(variation.matrices[:, :, :2]) < 0
    assert mirrored.any() and not mirrored.all() and (targets[:, :, 2] > 0).sum() > 20
    for photo, points, is_mirrored in zip(seen, targets, mirrored, strict=True):
        for place, (*middle, weight) in enumerate(points):
            if weight:
                x, y = np.interp(middle, MIDDLES, means_of(MIDDLES, SIZE // 4))  # the point of which it is the middle of a Gaussian
                colour = COLOURS[[0, 2, 1, 3][place] if is_mirrored else place]
                at = photo[min(SIZE - 1, int(y * 4)), min(SIZE - 1, int(x * 4))]
                assert np.abs(at - colour).max() < 90, (place, at, colour)


def test_a_model_fits_as_many_points_as_it_gives() -> None:
    model = small_model()
    assert model.output_shape == (None, 4, 3) and model.get_layer("logits").output.shape == (None, 8, 8, 4)
    assert head.fits(model, 4) and not head.fits(model, 3)
    assert head.metric(model) is None and head.ON_MAP


def test_a_photo_without_an_object_teaches_nothing() -> None:
    model, truths = small_model(), np.array([Truth(SIZE, SIZE)], object)
    targets = head.targets(model, truths, NAMES, "pad")(np.array([0]), None)
    assert float(head.loss(model, 0.0)(targets, np.random.default_rng(0).normal(size=(1, 8, 8, 4)).astype("float32"))) == pytest.approx(0)
