"""Known answers of the arithmetic of layers."""

from tltool.models.stack.axes import Axis
from tltool.models.summary.arithmetic import Count, looking, onward, together
from tltool.models.summary.blueprint import stack_layers
from tltool.models.summary.layer_kinds import batch_norm, convolution, dense, pooling
from tltool.specs import ConvStack


def test_the_classic_stack_of_39_pixels():
    stack = ConvStack(conv=("10@3", "20@5/2", "40@5/2"), padding="valid", pooling="none", batch_norm=False)
    made = [layer for layer in stack_layers(stack, (39, 39, 3)) if layer.kind == "convolution"]
    assert [layer.leaving for layer in made] == [(37, 37, 10), (17, 17, 20), (7, 7, 40)]
    assert [str(layer.parameters) for layer in made] == ["(3·3·3+1)·10 = 280", "(5·5·10+1)·20 = 5,020", "(5·5·20+1)·40 = 20,040"]
    assert [layer.view.field for layer in made] == [(3, 3), (7, 7), (15, 15)]
    assert [layer.seen_formula for layer in made] == ["1+(3−1)·1 = 3", "3+(5−1)·1 = 7", "7+(5−1)·2 = 15"]


def test_the_classic_convolution_beside_a_dense_layer():
    shape = (32, 32, 3)
    layer = convolution("conv", shape, [Axis(32, 5), Axis(32, 5)], 6, looking(shape))
    assert layer.leaving == (28, 28, 6) and 28 * 28 * 6 == 4_704
    assert layer.parameters == Count(456, "(5·5·3+1)·6")
    assert layer.dense_parameters == Count(3_073 * 4_704, "(3,072+1)·4,704") and round(layer.dense_parameters.number / 1e6, 1) == 14.5
    assert (layer.connections.number, layer.dense_connections) == (75, 3_072)
    assert layer.multiply_adds == Count(28 * 28 * 6 * 75, "28·28·6·75") and layer.memory == 4 * 4_704


def test_batch_norm_learns_half_of_its_parameters():
    layer = batch_norm("norm", (8, 8, 32), looking((8, 8, 32)))
    assert layer.parameters == Count(128, "4·32") and layer.learned == 64


def test_pooling_has_nothing_to_learn_and_sees_further():
    shape = (4, 4, 5)
    layer = pooling("pool", shape, [Axis(4, 2, 2)] * 2, "max", looking(shape))
    assert (layer.leaving, layer.parameters.number, layer.view.field, layer.view.step) == ((2, 2, 5), 0, (2, 2), (2, 2))


def test_a_dense_layer_joins_everything():
    layer = dense("dense", (128,), 10, looking((128,)))
    assert layer.parameters == Count(1_290, "(128+1)·10") and layer.connections.number == layer.dense_connections == 128


def test_where_paths_meet_the_wider_view_counts_and_one_without_places_does_not():
    start = looking((9, 9, 1))
    near, far = onward(start, [Axis(9, 3)] * 2), onward(start, [Axis(9, 7)] * 2)
    assert together([near, far]).field == (7, 7)
    assert together([near, far._replace(whole=True)]) == near._replace(whole=True)
