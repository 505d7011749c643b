"""The catalogue against what Keras really offers."""

import subprocess
import sys

import keras
import pytest

from tltool.catalog import BACKBONES
from tltool.lookup import locate
from tltool.models.scaling import SCALINGS


class FirstConvolutionError(Exception):
    pass


@pytest.fixture
def stop_at_first_convolution(monkeypatch):
    def stop(self, tensor, *args, **kwargs):
        raise FirstConvolutionError(tensor)

    monkeypatch.setattr(keras.layers.Conv2D, "__call__", stop)
    monkeypatch.setattr(keras.Sequential, "__call__", stop)  # ConvNeXt's first convolution sits in one


def input_shape(build):
    with pytest.raises(FirstConvolutionError) as stopped:
        build()
    return keras.utils.get_source_inputs(stopped.value.args[0])[0].shape


KERAS = [name for name, entry in BACKBONES.items() if not entry.packaged]


def test_every_model_of_keras_applications_is_a_backbone():
    offered = {name for name in dir(keras.applications) if name[0].isupper()}
    listed = {entry.builder.removeprefix("keras.applications:") for entry in BACKBONES.values() if not entry.args}
    assert listed == offered
    assert len(listed) == 40


def test_an_entry_may_fix_builder_arguments():
    assert BACKBONES["mobilenet_025"].args == {"alpha": 0.25}


def test_names_are_snake_case_and_scalings_known():
    assert all(name == name.lower() and name.isidentifier() for name in BACKBONES)
    assert {entry.scaling for entry in BACKBONES.values()} <= set(SCALINGS)


@pytest.mark.parametrize("name", KERAS)
def test_native_size_is_the_one_keras_builds_with_top(name, stop_at_first_convolution):
    entry = BACKBONES[name]
    with_top = input_shape(lambda: locate(entry.builder)(weights=None))
    assert with_top[1] in (entry.size, None)  # MobileNetV3 does not say


@pytest.mark.parametrize("name", KERAS)
def test_one_pixel_below_the_smallest_size_keras_refuses(name, stop_at_first_convolution):
    entry = BACKBONES[name]

    def build(size):
        return locate(entry.builder)(weights=None, include_top=False, input_shape=(size, size, 3))

    assert input_shape(lambda: build(entry.smallest))[1] == entry.smallest
    with pytest.raises(ValueError, match="must be at least"):
        build(entry.smallest - 1)


def test_the_catalogue_loads_nothing():
    code = "import sys, tltool.catalog; print({'keras', 'tensorflow', 'pandas', 'pydantic'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "set()"
