"""One number of a feature map, explained: the sum is the network's own value, whatever the padding, the stride or the kind of kernel."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from keras import layers
from networks import classifier, example, inside

from tltool.errors import SpecError, TltoolError
from tltool.inspection.graph import look_inside, values_of
from tltool.inspection.window import Window, explain_window, read_place
from tltool.models.backbone import load_backbone

INSIDES = {
    text: inside(text)
    for text in (
        "3@3",
        "3@3/2",
        "2@4/3",
        "2@3:valid:dilation(2)",
        "2@3:dilation(3)",
        "2@5:reflect:no-norm",
        "2@3:constant(0.5)",
        "2@2/2:replicate",
    )
}


def body_of(*stack: keras.layers.Layer, size: int = 10):
    """A bare backbone of ``stack``, taken apart, and a photo."""
    photo = keras.Input((size, size, 3))
    x = photo
    for layer in stack:
        x = layer(x)
    pixels = np.random.default_rng(1).integers(0, 256, (size, size, 3), dtype=np.uint8)
    body = keras.Model(photo, x, name="backbone")
    return look_inside(keras.Model(photo, body(photo))), example(classifier("2@3"))._replace(pixels=pixels)


def equal(window: Window) -> bool:
    return window.value == pytest.approx(window.own, rel=1e-4, abs=1e-5)


@settings(deadline=None, max_examples=40)
@given(text=st.sampled_from(sorted(INSIDES)), share=st.tuples(st.floats(0, 1), st.floats(0, 1)), number=st.integers(0, 1))
def test_the_sum_is_the_network_s_own_value(text: str, share: tuple[float, float], number: int) -> None:
    found, photo = INSIDES[text]
    row, column = (round(part * (side - 1)) for part, side in zip(share, found.first.leaving.shape[1:3]))
    window = explain_window(found, photo, f"{row},{column}", number=number)
    own = values_of(found, [found.first.leaving], photo.pixels[None])[0][0, row, column, number]
    assert window.own == own and equal(window)
    assert window.sums.sum() + window.bias == pytest.approx(own, rel=1e-4, abs=1e-5)


def test_every_number_of_the_classic_example_is_there() -> None:
    conv = layers.Conv2D(1, 2, name="conv")
    found, photo = body_of(conv, size=3)
    conv.set_weights([np.reshape([1.0, 2, 3, 4], (2, 2, 1, 1)) * np.array([1.0, 0, 0])[:, None], np.array([10.0])])
    photo = photo._replace(pixels=np.stack([np.arange(9).reshape(3, 3)] * 3, axis=-1).astype(np.uint8))
    window = explain_window(found, photo, "1,1")
    assert window.pixels[..., 0].tolist() == [[4, 5], [7, 8]] and window.kernel[..., 0].tolist() == [[1, 2], [3, 4]]
    assert window.products[..., 0].tolist() == [[4, 10], [21, 32]] and window.value == 4 + 10 + 21 + 32 + 10 == window.own
    assert window.channels == ["red", "green", "blue"]


def test_zeros_beyond_the_border_are_marked() -> None:
    found, photo = INSIDES["3@3"]
    corner = explain_window(found, photo, "0,0", number=0)
    assert corner.outside.tolist() == [[True] * 3, [True, False, False], [True, False, False]]
    assert not corner.pixels[corner.outside].any() and any("5 of 9 places" in str(line) for line in corner.said())
    assert not explain_window(found, photo, "1,1").outside.any()


def test_without_a_filter_it_is_the_one_that_says_most() -> None:
    found, photo = INSIDES["3@3"]
    own = values_of(found, [found.first.leaving], photo.pixels[None])[0][0, 4, 5]
    assert explain_window(found, photo, "4,5").filter == np.abs(own).argmax()


def test_an_activation_within_the_convolution_is_part_of_the_explanation() -> None:
    found, photo = body_of(layers.Conv2D(3, 3, activation="relu", bias_initializer="ones", name="conv"))
    windows = [explain_window(found, photo, "2,3", number=number) for number in range(3)]
    assert all(equal(window) and window.value >= 0 and "through relu" in "".join(map(str, window.said())) for window in windows)


@pytest.mark.parametrize(
    "layer",
    [
        layers.DepthwiseConv2D(3, depth_multiplier=2, strides=2, padding="same", bias_initializer="ones"),
        layers.Conv2D(4, 3, groups=2, bias_initializer="ones"),
    ],
)
def test_kernels_that_see_some_channels_only_are_explained(layer: keras.layers.Layer) -> None:
    found, photo = body_of(layers.Conv2D(4, 1, name="mix"), layer)
    for number in range(layer.output.shape[-1]):
        window = explain_window(found, photo, "2,1", layer.name, number)
        assert equal(window) and len(window.channels) == (1 if "depthwise" in layer.name else 2)


def test_of_many_channels_those_that_weigh_most_are_told_and_the_rest_as_a_sum() -> None:
    found, photo = inside("16@3", "2@3")
    window = explain_window(found, photo, "3,3", "block2_conv")
    rows = next(iter(window.said())).rows
    assert len(window.shown) == 3 and rows[-1][0] == "13 other channels" and len(rows) == 3 * 3 + 1
    told = sum(float(row[-1]) for row in rows if row[-1])
    assert told == pytest.approx(window.sums.sum(), abs=1e-3)


@pytest.mark.parametrize("text", ["", "3", "1,2,3", "a,b", "-1,2", "24,0", "0,24", "1.5,2", "²,1"])
def test_a_place_that_is_not_there_is_refused_with_those_that_are(text: str) -> None:
    found, _ = INSIDES["3@3"]
    with pytest.raises(SpecError, match="rows 0 to 23, columns 0 to 23"):
        read_place(text, found.first)


def test_an_explanation_that_is_wrong_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    found, photo = INSIDES["3@3"]
    monkeypatch.setattr("tltool.inspection.window._kernel", lambda convolution, number: (np.ones((3, 3, 3)), np.arange(3)))
    with pytest.raises(TltoolError, match="must be the network's own value"):
        explain_window(found, photo, "4,5")


def test_a_backbone_of_keras_is_explained_too() -> None:
    given = keras.Input((96, 96, 3))
    found = look_inside(keras.Model(given, load_backbone("mobilenet_025", "none", 96)(given)))
    photo = example(classifier("2@3", size=96))
    for layer in (None, "conv_dw_2", "conv_pw_3"):
        assert equal(explain_window(found, photo, "0,0", layer)) and equal(explain_window(found, photo, "11,7", layer))
