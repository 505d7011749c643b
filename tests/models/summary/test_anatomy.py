"""Keras models taken apart: parameters that agree with Keras's count, and receptive fields and costs that were published."""

import keras
import pytest
from keras import layers

from tltool.catalog import BACKBONES
from tltool.models.backbone import load_backbone
from tltool.models.summary.anatomy import take_apart, views_of
from tltool.models.summary.stages import stages_of


@pytest.mark.parametrize(("name", "size"), [("mobilenet_025", 96), ("mobilenet_v3_small", 96), ("vgg16", 224)])
def test_a_backbone_has_the_parameters_and_shapes_that_keras_counts(name, size):
    backbone = load_backbone(name, "none", size)
    found = take_apart(backbone)
    assert sum(layer.parameters.number for layer in found) == backbone.count_params() == BACKBONES[name].parameters
    assert sum(layer.learned for layer in found) == sum(keras.ops.size(weight) for weight in backbone.trainable_weights)
    assert not [layer for layer in found if layer.kind == "other"]
    for layer in found:
        if layer.axes:
            assert layer.leaving == backbone.get_layer(layer.name).output.shape[1:]


@pytest.mark.parametrize(("name", "field", "products"), [("mobilenet_025", 315, 40_774_272), ("vgg16", 212, 15_346_630_656)])
def test_receptive_fields_and_multiply_adds_are_those_published(name, field, products):
    """Fields: Araujo, Norris and Sim 2019. Multiply-adds: Simonyan and Zisserman 2015, Howard et al. 2017, without the dense top."""
    found = take_apart(load_backbone(name, "none", 224))
    assert found[-1].view.field == (field, field)
    assert sum(layer.multiply_adds.number for layer in found) == products


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nasnet_mobile", "efficientnet_v2_b0", "convnext_tiny", "inception_resnet_v2"])
def test_every_way_of_building_backbones_agrees(name):
    backbone = load_backbone(name, "none", BACKBONES[name].smallest)
    assert sum(layer.parameters.number for layer in take_apart(backbone)) == backbone.count_params()


def test_a_layer_used_twice_has_its_parameters_once_and_its_products_twice():
    photo, shared = keras.Input((8, 8, 3)), layers.Conv2D(3, 3, padding="same")
    model = keras.Model(photo, shared(shared(photo)))
    first, second = take_apart(model)
    assert (first.parameters.number, second.parameters.number) == (84, 0) and model.count_params() == 84
    assert first.multiply_adds == second.multiply_adds and second.view.field == (5, 5)


def test_models_within_models_are_taken_apart_too():
    inner = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, use_bias=False), layers.MaxPooling2D()])
    photo = keras.Input((8, 8, 3))
    model = keras.Model(photo, layers.Dense(5)(layers.Flatten()(inner(photo))))
    assert [layer.kind for layer in take_apart(model)] == ["convolution", "pooling", "flatten", "dense"]
    assert sum(layer.parameters.number for layer in take_apart(model)) == model.count_params()


def test_squeeze_and_excitation_keeps_the_places_and_is_noted():
    photo = keras.Input((16, 16, 4))
    x = layers.Conv2D(4, 3, padding="same")(photo)
    squeezed = layers.Conv2D(4, 1)(layers.GlobalAveragePooling2D(keepdims=True)(x))
    found = take_apart(keras.Model(photo, layers.Conv2D(2, 3, padding="same")(layers.Multiply()([x, squeezed]))))
    assert found[-1].view.field == (5, 5) and found[-1].view.whole
    assert [stage.where for stage in stages_of(found)] == ["16×16"]


def test_a_layer_of_ones_own_is_counted_by_keras_and_named():
    class Own(layers.Layer):
        def build(self, shape):
            self.weight = self.add_weight(shape=(7,))

        def call(self, x):
            return x + keras.ops.sum(self.weight)

    photo = keras.Input((8, 8, 3))
    (layer,) = take_apart(keras.Model(photo, Own()(photo)))
    assert (layer.kind, layer.parameters.number, layer.parameters.formula) == ("other", 7, "as Keras counts")


def test_a_layer_of_ones_own_that_makes_fewer_places_has_gone_in_steps():
    class Halving(layers.Layer):
        def build(self, shape):
            self.weight = self.add_weight(shape=())

        def call(self, x):
            return x[:, ::2, ::2] * self.weight

    photo = keras.Input((9, 9, 3))
    (layer,) = take_apart(keras.Model(photo, Halving()(photo)))
    assert layer.view.step == (2, 2)


def test_every_tensor_has_its_view_those_a_model_within_gives_too():
    inner = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, strides=2), layers.Conv2D(4, 3, strides=2)])
    photo = keras.Input((8, 8, 3))
    first = layers.Conv2D(3, 1)(photo)
    second = inner(first)
    views = views_of(keras.Model(photo, second))
    assert [views[id(tensor)].step for tensor in (photo, first, second)] == [(1, 1), (1, 1), (4, 4)]
