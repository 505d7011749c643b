"""Heads: poolings, hidden layers, one neuron or one per class, and the loss and targets that go with them."""

import keras
import numpy as np
import pytest
from keras import ops

from tltool.errors import SpecError, WeightsError
from tltool.models.head import attach_head, backbone_of, cool, features_of, head_of, logits_of
from tltool.specs import Head
from tltool.tasks.classify import head as classify_head
from tltool.tasks.classify.head import loss as loss_for, metric as accuracy_for

FEATURES = np.random.default_rng(0).normal(size=(5, 3, 3, 4)).astype("float32")


def targets_for(model: keras.Model, labels: np.ndarray) -> np.ndarray:
    """One row for each label."""
    return classify_head.targets(model, labels, [], "crop")(np.arange(len(labels)), None)


def headed(head: Head, classes: int, seed: int = 0, shape: tuple[int, ...] = (3, 3, 4)) -> keras.Model:
    x = keras.Input(shape, name="photo")
    return keras.Model(x, attach_head(x, head, classes, seed), name="classifier")


@pytest.mark.parametrize(("output", "classes", "neurons"), [("auto", 2, 2), ("softmax", 2, 2), ("sigmoid", 2, 1), ("auto", 5, 5)])
def test_there_is_one_column_per_class_and_they_sum_to_one(output: str, classes: int, neurons: int) -> None:
    model = headed(Head(output=output), classes)
    found = model.predict_on_batch(FEATURES)
    assert model.get_layer("logits").units == neurons and model.output_names == ["probabilities"]
    assert found.shape == (5, classes) and (found >= 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


def test_one_sigmoid_neuron_speaks_of_the_second_class() -> None:
    model = headed(Head(output="sigmoid"), 2)
    scores = logits_of(model).predict_on_batch(FEATURES)
    p = 1 / (1 + np.exp(-scores[:, 0]))
    np.testing.assert_allclose(model.predict_on_batch(FEATURES), np.column_stack([1 - p, p]), atol=1e-6)


@pytest.mark.parametrize("classes", [1, 3])
def test_a_sigmoid_needs_two_classes(classes: int) -> None:
    with pytest.raises(SpecError, match=f"two classes. Received: {classes} classes"):
        attach_head(keras.Input((4,)), Head(output="sigmoid"), classes, 0)
    assert not Head().is_single_neuron(classes)


@pytest.mark.parametrize(("pool", "width"), [("avg", 4), ("max", 4), ("min", 4), ("sum", 4), ("gem", 4), ("flatten", 36)])
def test_features_are_the_pooled_map(pool: str, width: int) -> None:
    assert features_of(headed(Head(pool=pool), 3)).output_shape == (None, width)


@pytest.mark.parametrize("pool", ["avg", "max", "min", "sum", "gem"])
def test_a_signal_s_map_is_pooled_along_its_length(pool: str) -> None:
    assert features_of(headed(Head(pool=pool), 3, shape=(9, 4))).output_shape == (None, 4)


def test_a_backbone_that_gives_vectors_gets_its_head_without_pooling() -> None:
    assert features_of(headed(Head(pool="sum"), 3, shape=(7,))).output_shape == (None, 7)


def test_hidden_layers_come_in_order_with_their_activation_and_dropout() -> None:
    model = headed(Head(dense=(6, 5), activation="gelu", dropout=0.5), 3)
    names = [layer.name for layer in model.layers[model.layers.index(model.get_layer("features")) + 1 :]]
    assert names == [
        "dense1_dropout",
        "dense1",
        "dense1_gelu",
        "dense2_dropout",
        "dense2",
        "dense2_gelu",
        "logits_dropout",
        "logits",
        "probabilities",
    ]
    assert [model.get_layer(name).units for name in ("dense1", "dense2")] == [6, 5]


def test_no_dropout_leaves_no_dropout_layer() -> None:
    assert not any(isinstance(layer, keras.layers.Dropout) for layer in headed(Head(dense=(4,), dropout=0), 3).layers)


def test_equal_shaped_dense_layers_differ_and_one_seed_gives_one_head() -> None:
    head = Head(dense=(4, 4, 4))
    first, again, other = (headed(head, 4, seed) for seed in (1, 1, 2))
    kernels = [[layer.get_weights()[0] for layer in model.layers if layer.weights] for model in (first, again, other)]
    assert all(np.array_equal(a, b) for a, b in zip(*kernels[:2], strict=True))
    assert len({kernel.tobytes() for model in (kernels[0], kernels[2]) for kernel in model}) == 8


def test_the_initializer_is_the_one_asked_for() -> None:
    assert (headed(Head(initializer="ones"), 3).get_layer("logits").get_weights()[0] == 1).all()
    assert (headed(Head(initializer="constant(0.25)", dense=(4,)), 3).get_layer("dense1").get_weights()[0] == 0.25).all()


def test_dropout_is_off_when_predicting() -> None:
    model = headed(Head(dense=(8,), dropout=0.9), 3)
    np.testing.assert_array_equal(model.predict_on_batch(FEATURES), model.predict_on_batch(FEATURES))


def test_extractor_and_head_make_the_scorer_and_share_its_weights() -> None:
    model = headed(Head(dense=(6,)), 3)
    halves = head_of(model).predict_on_batch(features_of(model).predict_on_batch(FEATURES))
    np.testing.assert_allclose(halves, logits_of(model).predict_on_batch(FEATURES), atol=1e-6)
    head_of(model).get_layer("logits").set_weights([np.zeros((6, 3)), np.array([5.0, 0, 0])])
    assert (model.predict_on_batch(FEATURES).argmax(axis=1) == 0).all()


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_loss_is_the_cross_entropy_of_the_probabilities(output: str, smoothing: float) -> None:
    model, labels = headed(Head(output=output), 2), np.array([0, 1, 1, 0, 1])
    wanted = np.eye(2)[labels] * (1 - smoothing) + smoothing / 2
    by_hand = -(wanted * np.log(model.predict_on_batch(FEATURES))).sum(axis=1).mean()
    loss = loss_for(model, smoothing)(targets_for(model, labels), logits_of(model).predict_on_batch(FEATURES))
    assert float(ops.convert_to_numpy(loss)) == pytest.approx(by_hand, rel=1e-5)


@pytest.mark.parametrize(
    ("output", "scores"),
    [("sigmoid", [[-0.3], [0.3], [-0.01], [0.01], [4]]), ("softmax", [[0.3, 0], [0, 0.3], [-1, -1.01], [5, 5.01], [0, 4]])],
)
def test_accuracy_counts_what_the_probabilities_say(output: str, scores: list[list[float]]) -> None:
    model, labels = headed(Head(output=output), 2), np.array([0, 1, 1, 1, 0])
    metric = accuracy_for(model)
    metric.update_state(targets_for(model, labels), np.array(scores, "float32"))
    assert float(ops.convert_to_numpy(metric.result())) == pytest.approx(3 / 5)


def test_targets_are_one_row_per_photo() -> None:
    labels = np.array([1, 0, 1])
    assert targets_for(headed(Head(output="sigmoid"), 2), labels).tolist() == [[1], [0], [1]]
    assert targets_for(headed(Head(), 3), labels).tolist() == [[0, 1, 0], [1, 0, 0], [0, 1, 0]]


def test_a_model_without_a_backbone_is_refused_in_one_sentence() -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="backbone"), keras.layers.Softmax(name="end")], name="net")
    with pytest.raises(WeightsError, match=r"one model named backbone\. Received: net, with backbone, end\. Take the model of a run\."):
        backbone_of(model)


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_a_cooled_model_gives_its_logits_divided_and_names_the_same_classes(output: str) -> None:
    model = headed(Head(output=output), 2)
    before, said = logits_of(model).predict_on_batch(FEATURES), model.predict_on_batch(FEATURES).argmax(axis=1)
    cool(model, 2.5)
    np.testing.assert_allclose(logits_of(model).predict_on_batch(FEATURES), before / 2.5, rtol=1e-5, atol=1e-6)
    assert (model.predict_on_batch(FEATURES).argmax(axis=1) == said).all()


def test_a_temperature_of_one_changes_no_bit() -> None:
    model = headed(Head(dense=(8,)), 3)
    before = model.get_weights()
    cool(model, 1.0)
    assert all(np.array_equal(now, then) for now, then in zip(model.get_weights(), before, strict=True))
