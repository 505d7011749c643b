"""Kernels as they act on a photo, and the places that excite them."""

import keras
import numpy as np
from networks import classifier, example, inside

from tltool.inspection.graph import look_inside, values_of
from tltool.inspection.kernels import CONTEXT, look_at_kernels
from tltool.models.backbone import load_backbone
from tltool.models.stack.filter_banks import bank


def test_a_colour_kernel_is_its_own_weights() -> None:
    found, photo = inside("4@3")
    kernels = look_at_kernels(found, found.first, [photo])
    weights = found.first.operation.get_weights()[0]
    assert kernels.kind == "colour" and kernels.shape == (3, 3, 3, 4)
    np.testing.assert_allclose(kernels.pictures, np.moveaxis(weights, -1, 0), rtol=1e-5)
    np.testing.assert_allclose(kernels.strength, np.sqrt((weights**2).sum(axis=(0, 1, 2))), rtol=1e-6)


def test_a_grey_network_has_grey_kernels() -> None:
    found, photo = inside("4@3", channels=1)
    kernels = look_at_kernels(found, found.first, [photo])
    assert kernels.kind == "grey" and kernels.pictures.shape == (4, 3, 3) and len(kernels.patches) == 4


def test_a_bank_of_fixed_filters_is_seen_one_colour_at_a_time() -> None:
    found, photo = inside("4@3", first_layer="sobel")
    kernels = look_at_kernels(found, found.first, [photo])
    assert kernels.kind == "colour" and kernels.pictures.shape == (6, 3, 3, 3)
    np.testing.assert_allclose(kernels.pictures[3, :, :, 1], bank("sobel")[1], atol=1e-6)
    assert not kernels.pictures[3, :, :, [0, 2]].any()


def test_the_colours_of_a_network_that_swaps_them_are_those_of_the_photo() -> None:
    given = keras.Input((32, 32, 3))
    found = look_inside(keras.Model(given, load_backbone("vgg16", "none", 32)(given)))
    kernels = look_at_kernels(found, found.first, [example(classifier("2@3", size=32))])
    weights = found.first.operation.get_weights()[0]
    np.testing.assert_allclose(kernels.pictures, 127.5 * np.moveaxis(weights[:, :, ::-1], -1, 0), rtol=1e-3, atol=1e-4)


def test_later_kernels_show_the_channel_with_their_largest_weights() -> None:
    found, photo = inside("4@3", "2@3")
    convolution = found.convolutions[1]
    weights = (
        convolution.operation.kernel.numpy() if hasattr(convolution.operation.kernel, "numpy") else np.asarray(convolution.operation.kernel)
    )
    weights[:, :, 2, 1] = 9.0
    convolution.operation.set_weights([weights])
    kernels = look_at_kernels(found, convolution, [photo])
    assert (kernels.kind, kernels.patches) == ("slice", []) and (kernels.pictures[1] == 9.0).all()


def test_a_patch_holds_the_window_where_the_sum_is_largest() -> None:
    for text in ("3@3/2", "3@5:reflect", "3@3:valid"):
        model = classifier(text, size=64)
        found, photos = look_inside(model), [example(model, seed) for seed in (1, 2)]
        sums = values_of(found, [found.first.leaving], np.stack([photo.pixels for photo in photos]))[0]
        kernel = found.first.operation.get_weights()[0]
        for number, patch in enumerate(look_at_kernels(found, found.first, photos).patches):
            top, left, height, width = patch.window
            assert patch.pixels.shape == (CONTEXT, CONTEXT, 3)
            under = patch.pixels[max(top, 0) :, max(left, 0) :][:height, :width].astype("float64") / 127.5 - 1
            if top >= 0 and left >= 0 and under.shape == kernel.shape[:3]:  # else it lies partly beyond the photo
                assert np.isclose((under * kernel[..., number]).sum(), sums[..., number].max(), atol=1e-4)


def test_a_kernel_of_next_to_no_weight_is_silent() -> None:
    found, photo = inside("4@3")
    weights = found.first.operation.get_weights()[0].copy()
    weights[..., 2] *= 1e-4
    found.first.operation.set_weights([weights])
    assert look_at_kernels(found, found.first, [photo]).silent.tolist() == [False, False, True, False]
