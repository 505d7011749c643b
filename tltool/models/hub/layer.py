"""A TF Hub or Kaggle SavedModel as a Keras 3 layer that trains, saves and travels with the model.

``hub.KerasLayer`` is a Keras 2 layer and cannot enter a Keras 3 model. Here the module's own ``tf.Variable``s become the
layer's weights, and its files go into the ``.keras`` file beside the model, so that the original folder may disappear.
Keras rebuilds a layer from its config before it reads those files: the config therefore holds the shapes of features and weights.
"""

from pathlib import Path
from typing import Any

import keras

from tltool.errors import SpecError, WeightsError
from tltool.lookup import entry
from tltool.models.hub.handles import GRAPH, cache_folder, find_module
from tltool.models.hub.module import STYLES, Files, features, input_size, load_module, probe, read_module, variables, write_module
from tltool.models.scaling import SCALINGS, scale_pixels
from tltool.progress import say

DEFAULT_SIZE = 224


def load_hub(handle: str, size: int | None = None, scaling: str | None = None, download: bool = True) -> keras.Model:
    """The module behind ``handle`` as a backbone: float32 RGB 0…255 [n, size, size, 3] → features [n, c] or [n, h, w, c].

    Args:
        handle: a SavedModel folder, a URL, or a Kaggle or tfhub.dev name, with or without ``hub:`` in front.
        size: side of the photos in pixels; ``None`` takes the module's own, or 224 if it takes any.
        scaling: what the module expects: ``unit`` 0…1 (``None`` too: the convention of hub modules), ``tf`` −1…1,
            ``torch`` mean and deviation of ImageNet, ``none`` 0…255, ``caffe`` BGR minus the mean of ImageNet.
        download: with ``False`` nothing is fetched: a module that is not in the cache is an error.

    Moving averages inside the module stay as they are while it is fine-tuned, as batch norm does in other backbones;
    ``frozen_statistics = False`` on the layer lets them follow the photos.

    Raises:
        SpecError: another backend than TensorFlow, a scaling or a size the module cannot take.
        WeightsError: the module cannot be had, is damaged, or would do more than compute.
    """
    _require_tensorflow()
    entry(scaling or "unit", SCALINGS, "scaling")
    folder = find_module(handle, download)
    if folder is None:
        raise WeightsError(
            "A hub module must be in the cache where nothing may be downloaded. "
            f"Received: {handle!r}, not in {cache_folder()}. Let it be downloaded once."
        )
    files = read_module(folder, handle)
    side = size or input_size(files, handle) or DEFAULT_SIZE
    pixels = keras.Input((side, side, 3), name="pixels")
    layer = HubModule.from_files(files, side, handle)
    return keras.Model(pixels, layer(scale_pixels(pixels, scaling or "unit")), name="backbone")


def native_size(handle: str, download: bool = False) -> int | None:
    """The side in pixels the module was saved for, or ``None`` if it takes any, or is not here yet and ``download`` is off."""
    _require_tensorflow()
    folder = find_module(handle, download)
    return None if folder is None else input_size(((GRAPH, (folder / GRAPH).read_bytes()),), handle)


@keras.saving.register_keras_serializable(package="tltool")
class HubModule(keras.layers.Layer):
    """A SavedModel's ``__call__`` (or serving signature) on float32 [n, size, size, 3], with its variables as weights.

    ``feature_shape`` is the output shape without n; ``variable_specs`` are (name, shape, dtype, trainable) of its variables,
    trainable ones first; ``style`` says how it is called. Make one with ``from_files``. With ``frozen_statistics`` the module is
    always called with ``training=False``: its weights learn, its moving averages stand still and its dropout is off.
    """

    def __init__(
        self, feature_shape: list[int], variable_specs: list[list[Any]], style: str, frozen_statistics: bool = False, **kwargs: Any
    ) -> None:
        _require_tensorflow()
        super().__init__(**{**kwargs, "dtype": "float32"})  # a module's dtypes were fixed when it was saved
        entry(style, STYLES, "style of a hub module")
        self.supports_jit = False  # a module may hold operations that XLA cannot compile
        self.feature_shape = tuple(feature_shape)
        self.variable_specs = tuple((name, tuple(shape), dtype, learns) for name, shape, dtype, learns in variable_specs)
        self.style = style
        self.frozen_statistics = frozen_statistics
        self._run: Any = None
        self._files: Files = ()
        for name, shape, dtype, learns in self.variable_specs:
            self.add_weight(shape=shape, dtype=dtype, trainable=learns, initializer="zeros", name=name)

    @classmethod
    def from_files(cls, files: Files, size: int, source: str, **kwargs: Any) -> "HubModule":
        """A layer with the SavedModel's own weights for photos of ``size``, its statistics frozen; ``source`` is for messages."""
        module = load_module(files, source)
        style, feature_shape = probe(module, size, files, source)
        specs = [[_plain(v.name), v.shape.as_list(), v.dtype.name, learns] for v, learns in variables(module)]
        layer = cls(feature_shape, specs, style, **{"frozen_statistics": True, "name": "hub_module", **kwargs})
        layer._adopt(module, files)
        say(f"Hub module {source}: {len(layer.trainable_weights)} of {len(layer.weights)} variables can learn.")
        return layer

    def _adopt(self, module: Any, files: Files) -> None:
        """Let the layer's weights be the module's variables themselves, which its graph reads and updates."""
        import tensorflow as tf

        own = [variable for variable, _ in variables(module)]
        if [v.shape.as_list() for v in own] != [list(w.shape) for w in self.weights]:
            raise WeightsError("A saved hub module must fit its layer. Received: weights of other shapes. Save the model again.")
        for weight, variable in zip(self.weights, own, strict=True):
            weight._initialize(variable)
        # TensorFlow's exporter must find the variables, not the module, or it would write the module's other functions as well.
        self._tracked_variables = tf.Module()
        self._tracked_variables.own = own
        self._run = lambda inputs, training: features(STYLES[self.style](module, inputs, training), "this module")
        self._files = files

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        if self._run is None:
            raise SpecError(
                "A hub layer must be loaded with its module. Received: a layer made from its config alone. Load the whole .keras file."
            )
        outputs = self._run(inputs, bool(training) and self.trainable and not self.frozen_statistics)
        outputs.set_shape((None, *self.feature_shape))
        return outputs

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (input_shape[0], *self.feature_shape)

    @property
    def module_graph(self) -> bytes:
        """What it computes with its weights, which its config does not tell."""
        return dict(self._files).get(GRAPH, b"")

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "feature_shape": list(self.feature_shape),
            "style": self.style,
            "variable_specs": [list(spec) for spec in self.variable_specs],
            "frozen_statistics": self.frozen_statistics,
        }

    def save_assets(self, dir_path: str) -> None:
        """Write the module's files into the folder that Keras packs as ``assets/…/hub_module/`` into the ``.keras`` file."""
        write_module(self._files, Path(dir_path))

    def load_assets(self, dir_path: str | None) -> None:
        """Load the module from that folder and give it the weights that Keras has just read."""
        if dir_path is None:
            raise WeightsError("A model with a hub layer must hold the module's files. Received: none. Save the model again.")
        files = read_module(Path(dir_path), "the saved module")
        values = [weight.numpy() for weight in self.weights]
        self._adopt(load_module(files, "the saved module"), files)
        for weight, value in zip(self.weights, values, strict=True):
            weight.assign(value)


def _plain(name: str) -> str:
    """A variable's name as Keras allows it."""
    return name.split(":")[0].replace("/", "_")


def _require_tensorflow() -> None:
    if keras.backend.backend() != "tensorflow":
        raise SpecError(
            "A hub: backbone must run on the TensorFlow backend, because it is a TensorFlow graph. "
            f"Received: {keras.backend.backend()}. Set KERAS_BACKEND=tensorflow or choose another backbone."
        )
