"""A rate of its own for every layer, against AdamW written out by hand."""

from collections.abc import Sequence

import keras
import numpy as np
import pytest
from keras import ops

from tltool.models.assembly import assemble
from tltool.models.freezing import freeze, learning_layers
from tltool.models.head import logits_of
from tltool.models.stack.conv_stack import build_stack
from tltool.specs import ConvStack, Head
from tltool.training.layerwise import LayerwiseAdamW, depths_of, scales_of
from tltool.training.optimization import optimizer
from tltool.training.phases import Phase

RATE, DECAY = 0.01, 0.1


def by_hand(
    values: Sequence[np.ndarray], gradients: Sequence[Sequence[np.ndarray]], scales: Sequence[float], decays: Sequence[bool]
) -> list[np.ndarray]:
    """AdamW with decoupled decay, one step for each of ``gradients``."""
    values = [value.astype("float64") for value in values]
    means, squares = [np.zeros_like(value) for value in values], [np.zeros_like(value) for value in values]
    for step, given in enumerate(gradients, start=1):
        for i, gradient in enumerate(given):
            rate = RATE * scales[i]
            values[i] *= 1 - rate * DECAY * decays[i]
            means[i] = 0.9 * means[i] + 0.1 * gradient
            squares[i] = 0.999 * squares[i] + 0.001 * gradient**2
            values[i] -= rate * (means[i] / (1 - 0.9**step)) / (np.sqrt(squares[i] / (1 - 0.999**step)) + 1e-7)
    return values


def stepped(adamw: keras.optimizers.Optimizer, values: Sequence[np.ndarray], gradients: Sequence[Sequence[np.ndarray]]) -> list[np.ndarray]:
    variables = [keras.Variable(value, name=name) for value, name in zip(values, ("kernel", "bias", "kernel"))]
    adamw.build(variables)
    for given in gradients:
        adamw.apply([ops.convert_to_tensor(gradient) for gradient in given], variables)
    return [ops.convert_to_numpy(variable) for variable in variables]


def numbers(seed: int) -> list[np.ndarray]:
    return [np.random.default_rng((seed, i)).normal(size=shape).astype("float32") for i, shape in enumerate([(3, 2), (2,), (2, 2)])]


@pytest.mark.parametrize("scales", [[1.0, 1.0, 1.0], [0.25, 0.5, 1.0], [0.0, 1.0, 0.01]])
def test_every_variable_steps_and_decays_at_its_share_of_the_rate(scales: list[float]) -> None:
    adamw = LayerwiseAdamW(RATE, scales, weight_decay=DECAY)
    adamw.exclude_from_weight_decay(var_names=["bias"])
    gradients = [numbers(seed) for seed in range(1, 6)]
    wanted = by_hand(numbers(0), gradients, scales, [True, False, True])
    for value, other in zip(stepped(adamw, numbers(0), gradients), wanted, strict=True):
        np.testing.assert_allclose(value, other, rtol=2e-4, atol=2e-6)


def test_with_one_rate_for_all_it_is_keras_s_own_adamw() -> None:
    gradients = [numbers(seed) for seed in range(1, 4)]
    own = stepped(LayerwiseAdamW(RATE, [1.0] * 3, weight_decay=DECAY), numbers(0), gradients)
    for value, other in zip(own, stepped(keras.optimizers.AdamW(RATE, weight_decay=DECAY), numbers(0), gradients), strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-6)


def model() -> keras.Model:
    stack = ConvStack(filters=(2,) * 4, pooling="none", activation="tanh", batch_norm=False)
    return assemble(build_stack(stack, (16, 16, 3), 0), Head(dense=(3,), activation="tanh"), ["a", "b"], 0)


def test_the_rate_falls_from_the_head_down() -> None:
    whole = model()
    backbone = whole.get_layer("backbone")
    freeze(backbone, learning_layers(backbone, 3), "frozen")
    scales = dict(zip([variable.path for variable in whole.trainable_variables], scales_of(whole, backbone, 0.5), strict=True))
    found = {path.split("/")[-2]: scale for path, scale in scales.items()}
    assert found == {"block2_conv": 0.5**3, "block3_conv": 0.5**2, "block4_conv": 0.5, "dense1": 1.0, "logits": 1.0}


@pytest.mark.parametrize("layers", [1, 5, 12, 13, 24, 100])
def test_the_last_block_lies_just_below_the_head_and_no_layer_more_than_twelve(layers: int) -> None:
    depths = list(depths_of(keras.Sequential([keras.Input((2,)), *(keras.layers.Dense(2) for _ in range(layers))])).values())
    assert depths == sorted(depths, reverse=True) and set(depths) == set(range(1, min(12, layers) + 1))


def test_a_model_learns_with_it_and_the_head_learns_fastest() -> None:
    whole, phase = model(), Phase("fine-tuning", "all", "frozen", epochs=1, learning_rate=0.01, patience=3, warm_up=0.0)
    before = {weight.path: weight.numpy().copy() for weight in whole.weights}
    trainer = logits_of(whole)
    trainer.compile(optimizer(phase, 10, scales_of(trainer, whole.get_layer("backbone"), 0.7)), "mse")
    trainer.train_on_batch(np.random.default_rng(0).random((4, 16, 16, 3)), np.full((4, 2), 100.0))
    moved = [float(np.abs(weight.numpy() - before[weight.path]).max()) for weight in whole.weights if "kernel" in weight.path]
    assert moved == sorted(moved) and moved[0] > 0 and moved[-1] == pytest.approx(0.01, rel=0.1)
