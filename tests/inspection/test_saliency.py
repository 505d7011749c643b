"""Where a network looked: maps that add up to the score where the head is linear, and places that matter where it is not."""

import keras
import numpy as np
import pytest
from networks import CLASSES, classifier, example

from tltool.inspection.saliency import weigh_evidence
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


@pytest.mark.parametrize("head", [Head(dense=(6,)), Head(pool="max"), Head(pool="gem")])
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
