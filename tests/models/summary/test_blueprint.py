"""The arithmetic of a stack against the model that Keras builds from it."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tltool.errors import SpecError
from tltool.models.assembly import assemble
from tltool.models.stack.conv_stack import build_stack
from tltool.models.summary.anatomy import take_apart
from tltool.models.summary.blueprint import head_layers, stack_layers
from tltool.specs import ConvStack, Head

words = st.sampled_from(["same", "valid", "reflect", "replicate", "constant(0.5)"])
pools = st.sampled_from(["none", "max", "average", "min", "sum", "gem", "max(3,2)", "max(2,padding=same)"])
blocks = st.builds(
    "{}@{}:{}:{}:{}".format,
    st.integers(1, 5),
    st.sampled_from(["1", "3", "4", "5", "3/2", "2/3", "3:dilation(2)"]),
    words,
    pools,
    st.sampled_from(["norm", "no-norm", "dropout(0.1)"]),
)
stacks = st.builds(
    ConvStack,
    conv=st.lists(blocks, min_size=1, max_size=3).map(tuple),
    channels=st.sampled_from([1, 3]),
    first_layer=st.sampled_from([None, "sobel", "blur"]),
)


@settings(max_examples=25, deadline=None)
@given(stacks, st.integers(12, 40), st.sampled_from(["avg", "flatten", "gem", "min"]), st.sampled_from([(), (7,), (6, 5)]))
def test_any_stack_has_the_shapes_and_the_parameters_that_keras_gives_it(stack, size, pool, units):
    head = Head(pool=pool, dense=units)
    try:
        layers = stack_layers(stack, (size, size, 3))
    except SpecError:
        return
    layers += head_layers(head, 4, layers[-1].leaving, layers[-1].view)
    body = build_stack(stack, (size, size, 3), seed=0)
    model = assemble(body, head, "abcd", seed=0)
    named = {layer.name: layer for layer in layers}
    for layer in body.layers:
        if layer.name in named and layer.name.startswith(("block", "fixed")):
            assert named[layer.name].leaving == layer.output.shape[1:], layer.name
            assert named[layer.name].parameters.number == layer.count_params(), layer.name
    assert sum(layer.parameters.number for layer in layers) == model.count_params()
    assert sum(layer.learned for layer in layers) == sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert layers[-1].leaving == (4,) == model.output_shape[1:]


def test_a_stack_read_from_keras_costs_and_sees_what_its_blueprint_says():
    stack, shape = ConvStack(conv=("4@3:valid:max", "6@5/2", "8@3:dilation(2):average"), pooling="none"), (40, 40, 3)
    drawn, read = stack_layers(stack, shape), take_apart(build_stack(stack, shape, seed=0))
    assert sum(layer.multiply_adds.number for layer in drawn) == sum(layer.multiply_adds.number for layer in read)
    assert drawn[-1].view == read[-1].view and drawn[-1].leaving == read[-1].leaving


@pytest.mark.parametrize(
    "conv", [("2@3:valid", "2@5/2:valid"), ("2@3:valid:max", "2@3:valid:dilation(2)"), ("2@3:same:average(3,2)", "2@3")]
)
def test_an_output_depends_on_the_pixels_it_is_said_to_see_and_on_no_other(conv):
    size = 33
    stack = ConvStack(conv=conv, pooling="none", batch_norm=False, kernel_initializer="constant(1)", activation="linear")
    layer = stack_layers(stack, (size, size, 3))[-1]
    body = build_stack(stack, (size, size, 3), seed=0)
    middle = layer.leaving[0] // 2
    rows = np.repeat(np.zeros((1, size, size, 3), "float32"), size, axis=0) + 127.5  # scaled to 0
    rows[np.arange(size), np.arange(size)] += 10.0  # one bright row in each photo
    touched = np.abs(np.asarray(keras.ops.convert_to_numpy(body(rows)))[:, middle, middle, 0]) > 1e-6
    assert touched.sum() == layer.view.field[0] and np.ptp(np.flatnonzero(touched)) + 1 == layer.view.field[0]


def test_a_causal_stack_for_signals_agrees_with_keras():
    stack = ConvStack(filters=(4, 6), padding="causal", pooling="none", dilation_growth=2)
    layers, body = stack_layers(stack, (64, 2)), build_stack(stack, (64, 2), seed=0)
    assert sum(layer.parameters.number for layer in layers) == body.count_params() and layers[-1].view.field == (7,)
    assert layers[-1].leaving == body.output_shape[1:] and [axis.after for layer in layers for axis in layer.axes] == [0, 0]


def test_one_sigmoid_neuron_is_counted_as_one():
    layers = head_layers(Head(output="sigmoid"), 2, (4, 4, 8), stack_layers(ConvStack(filters=(8,)), (8, 8, 3))[-1].view)
    assert [layer.parameters.number for layer in layers if layer.kind == "dense"] == [9] and layers[-1].leaving == (2,)
    with pytest.raises(SpecError, match="two classes"):
        head_layers(Head(output="sigmoid"), 3, (4, 4, 8), layers[0].view)


def test_a_bank_of_fixed_filters_has_parameters_that_do_not_learn():
    bank = stack_layers(ConvStack(filters=(4,), first_layer="sobel", channels=1), (16, 16, 3))
    fixed = {layer.name: layer for layer in bank if layer.name.startswith("fixed")}
    assert fixed["fixed_sobel"].parameters.number == 18 and {layer.learned for layer in fixed.values()} == {0}


def test_a_stack_that_does_not_fit_is_refused_as_it_is_by_training():
    with pytest.raises(SpecError, match="block2_conv"):
        stack_layers(ConvStack(filters=(4, 4), padding="valid", kernel_size=9, pooling="none"), (12, 12, 3))
