"""Where a network looked: maps that add up to the score where the head is linear, and places that matter where it is not."""

import keras
import numpy as np
import pytest
from networks import CLASSES, classifier, example

from tltool.inspection.saliency import weigh_evidence
from tltool.inspection.slopes import is_linear, slopes_of
from tltool.models.head import head_of
from tltool.specs import Head


def score(model: keras.Model, pixels: np.ndarray) -> np.ndarray:
    scorer = keras.Model(model.input, model.get_layer("logits").output)
    return keras.ops.convert_to_numpy(scorer(pixels[None].astype("float32"), training=False))[0]


@pytest.mark.parametrize("pool", ["avg", "sum", "flatten"])
def test_the_map_of_a_linear_head_and_its_bias_add_up_to_the_score(pool: str) -> None:
    model = classifier("4@3:max", "5@3", head=Head(pool=pool))
    photo = example(model, label="skirt")
    said, rival = weigh_evidence(model, [photo])[0]
    for evidence in (said, rival):
        assert evidence.method == "cam" and evidence.heat.shape == (6, 6)
        own = score(model, photo.pixels)[CLASSES.index(evidence.name)]
        assert evidence.score == pytest.approx(own, abs=1e-5) == pytest.approx(evidence.heat.sum() + evidence.bias, abs=1e-3)
    assert (said.name, rival.name) == (photo.said, photo.rival)


def test_one_sigmoid_neuron_speaks_for_both_classes() -> None:
    model = classifier("4@3:max", head=Head(output="sigmoid"), classes=["no", "yes"])
    photo = example(model, classes=["no", "yes"])
    pair = {evidence.name: evidence for evidence in weigh_evidence(model, [photo])[0]}
    np.testing.assert_allclose(pair["yes"].heat, -pair["no"].heat)
    assert pair["yes"].score == -pair["no"].score == pytest.approx(score(model, photo.pixels)[0])
    assert pair["no"].heat.sum() + pair["no"].bias == pytest.approx(pair["no"].score, abs=1e-3)


@pytest.mark.parametrize("pool", ["avg", "sum", "flatten"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_hidden_layers_are_asked_by_how_steeply_the_score_rises(pool: str, activation: str) -> None:
    model = classifier("4@3:max", head=Head(pool=pool, dense=(6, 5), activation=activation))
    photo = example(model, label="skirt")
    for evidence in weigh_evidence(model, [photo])[0]:
        assert evidence.method == "grad-cam" and evidence.heat.shape == (12, 12)
        own = score(model, photo.pixels)[CLASSES.index(evidence.name)]
        assert evidence.score == pytest.approx(own, abs=1e-4) == pytest.approx(evidence.heat.sum() + evidence.bias, abs=1e-3)


@pytest.mark.parametrize("activation", ["relu", "tanh", "silu"])
def test_slopes_are_what_small_steps_of_each_feature_find(activation: str) -> None:
    model = classifier("4@3:max", head=Head(dense=(6, 5), activation=activation))
    features, small = np.random.default_rng(0).uniform(0.5, 2, 4).astype("float32"), 1e-2

    def logits(x: np.ndarray) -> np.ndarray:
        return keras.ops.convert_to_numpy(head_of(model)(x[None], training=False))[0]

    steps = np.eye(4, dtype="float32") * small
    found = [(logits(features + step) - logits(features - step)) / (2 * small) for step in steps]
    np.testing.assert_allclose(slopes_of(model, features), found, atol=0.02)
    assert not is_linear(model) and is_linear(classifier("4@3:max"))


@pytest.mark.parametrize("head", [Head(pool="max"), Head(pool="gem"), Head(pool="max", dense=(6,))])
def test_another_head_is_asked_by_hiding_places(head: Head) -> None:
    model = classifier("4@3:max", head=head)
    photo = example(model)
    assert [(one.method, one.heat.shape) for one in weigh_evidence(model, [photo])[0]] == [("occlusion", (24, 24))] * 2


def test_hiding_the_only_thing_there_is_matters_most_where_it_lies() -> None:
    model = classifier("4@3:max", head=Head(pool="max"))
    pixels = np.full((24, 24, 3), 128, np.uint8)
    pixels[4:7, 15:18] = (255, 0, 255)
    heat = np.abs(weigh_evidence(model, [example(model)._replace(pixels=pixels)])[0][0].heat)
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    assert 2 <= row <= 8 and 12 <= column <= 20 and heat[16:, :8].max() < heat.max() / 10


def test_a_map_of_one_place_cannot_say_where() -> None:
    model = classifier("4@3/4", "4@3/4", "4@2/2", size=16)
    assert model.get_layer("backbone").output_shape[1:3] == (1, 1)
    assert weigh_evidence(model, [example(model)])[0][0].method == "occlusion"


def test_photos_are_asked_one_by_one_for_their_own_answer() -> None:
    model = classifier("4@3:max")
    photos = [example(model, seed, label) for seed, label in ((1, "hat"), (2, None), (3, "skirt"))]
    assert [[one.name for one in pair] for pair in weigh_evidence(model, photos)] == [[photo.said, photo.rival] for photo in photos]
    assert all(photo.rival != photo.said for photo in photos)


def test_of_several_labels_those_that_were_decided_wrong_are_looked_at() -> None:
    model = classifier("4@3:max")
    first, second, third = example(model).ranked
    asked = {
        ((first,), (first,)): (first, second),
        ((first, third), (first,)): (third, first),
        ((third,), (second,)): (second, third),
        ((), (first, second)): (first, second),
    }
    for (true, named), pair in asked.items():
        photo = example(model, label="|".join(true))._replace(true=true, named=named)
        assert [one.name for one in weigh_evidence(model, [photo])[0]] == [*pair] and photo.is_right == (true == named)
