"""What to try where a quantized export loses too much: ranges from more photos, then float for the layers that hurt."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tltool.evaluation.litert import TfliteClassifier, quietly
from tltool.exports.graph import INT8, WEIGHED, operators, output_name, read_graph, restore_weights
from tltool.exports.photos import CALIBRATION_PHOTOS
from tltool.exports.saved_model import tensorflow
from tltool.exports.tflite import calibrate, convert, quantize
from tltool.progress import say, track

if TYPE_CHECKING:
    import keras

PASSING = {"AVERAGE_POOL_2D", "CONCATENATION", "GATHER", "MAX_POOL_2D", "MAXIMUM", "MINIMUM", "MIRROR_PAD", "PAD", "PADV2", "RELU", "RELU6",
           "RESHAPE", "SLICE", "SPLIT", "STRIDED_SLICE", "TRANSPOSE"}  # their output shares the range of their input
STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 24)  # how many of the worst places are put into float, one attempt each
THINNINGS = 12  # attempts at fewer layers, once some were enough
SEEN = 16  # photos on which layers are judged
NEGLIGIBLE = 1e-3  # share of a layer's output: below it the layer does not hurt


class Attempt(NamedTuple):
    """One more way to write the same model: how many photos gave the ranges (0: none needed), and the layers left in float."""

    content: bytes
    photos: int
    float_layers: tuple[str, ...]


Remedy = tuple[Callable[[set[str]], Attempt], Callable[[], list[set[str]]]]  # writes with layers in float; which layers, the worst first


def search(model: "keras.Model", precision: str, photos: np.ndarray, is_enough: Callable[[Attempt], bool]) -> None:
    """Write ``model`` in ``precision`` in ways that lose less, the gentlest first, until ``is_enough`` says so of one; then take layers
    out of its float ones again as long as that stays enough.

    Args:
        precision: int8 or int16x8: ranges from all ``photos``; int8 and dynamic: float for the layers that hurt.
        photos: uint8 [n, size, size, 3] the model was trained on, more than it was calibrated with.
        is_enough: measures an attempt, and keeps it if it likes.

    Raises:
        ExportError: TensorFlow cannot write the model in one of these ways.
    """
    more = len(photos) > CALIBRATION_PHOTOS  # else they are those it was calibrated with
    if precision == "int16x8":
        if more:
            is_enough(Attempt(convert(model, "int16x8", photos), len(photos), ()))
        return  # the converter leaves no layers of such a file in float
    write, groups = (_int8 if precision == "int8" else _dynamic)(model, photos)
    if precision == "int8" and more and is_enough(write(set())):
        return
    for layers in _growing(groups(), STEPS):
        if is_enough(write(layers)):
            _thin_out(layers, write, is_enough)
            return


def _thin_out(layers: set[str], write: Callable[[set[str]], Attempt], is_enough: Callable[[Attempt], bool]) -> None:
    for layer in sorted(layers)[:THINNINGS]:
        if len(layers) > 1 and is_enough(write(layers - {layer})):
            layers = layers - {layer}


def find_losses(calibrated: bytes, photos: np.ndarray) -> dict[str, float]:
    """Name of each tensor an int8 layer writes → the share of its content that is lost there, the worst first.

    TensorFlow's QuantizationDebugger runs every layer in int8 and in float on the same input. Of its errors we take noise through signal
    (mean square of the error by that of the output, at most 1) of each channel, averaged over channels, photos and then listed: the
    error in steps of the quantization, which the debugger's guide looks at, stays small where one large channel drowns all others.

    Args:
        calibrated: what ``tflite.calibrate`` gave.
        photos: uint8 [n, size, size, 3].
    """
    tf = tensorflow()
    from tensorflow.lite.python.convert import mlir_quantize

    options = tf.lite.experimental.QuantizationDebugOptions(layer_direct_compare_metrics={"lost": _share_lost})
    with quietly(), warnings.catch_warnings(action="ignore"):  # it runs on TensorFlow's own, older interpreter
        debugger = tf.lite.experimental.QuantizationDebugger(
            quant_debug_model_content=mlir_quantize(calibrated, enable_numeric_verify=True), debug_options=options,
            debug_dataset=lambda: ([photos[i : i + 1].astype(np.float32)] for i in range(len(photos))))
        debugger.run()
    names = {tensor.name.decode() for tensor in read_graph(calibrated).subgraphs[0].tensors}
    losses: dict[str, float] = {}
    for verified, metrics in debugger.layer_statistics.items():
        name = verified.removeprefix("NumericVerify/").rpartition(":")[0]
        losses[name if name in names else name[:-1]] = float(metrics["lost"])  # the quantizer adds a digit to a name it repeats
    return dict(sorted(losses.items(), key=lambda item: -item[1]))


def _share_lost(exact: np.ndarray, quantized: np.ndarray, scale: float, zero_point: int) -> float:
    """``exact`` float and ``quantized`` int8, both [1, …, channels]."""
    exact = exact.reshape(-1, exact.shape[-1]).astype(np.float64)
    error = (quantized.reshape(exact.shape).astype(np.float64) - zero_point) * scale - exact
    signal, noise = np.mean(exact**2, axis=0), np.mean(error**2, axis=0)
    alive = signal > 0
    return float(np.mean(np.minimum(1, noise[alive] / signal[alive]))) if alive.any() else 0.0


def _int8(model: "keras.Model", photos: np.ndarray) -> Remedy:
    say(f"calibrating with {len(photos)} photos")
    calibrated, known = calibrate(model, photos), set(_keras_names(model))

    def groups() -> list[set[str]]:
        graph = read_graph(calibrated)
        last = {graph.subgraphs[0].tensors[i].name.decode() for i in graph.subgraphs[0].outputs}
        worst = [name for name, lost in find_losses(calibrated, photos[:SEEN]).items() if lost > NEGLIGIBLE and name not in last]
        return [_around(graph, name) for name in worst]

    return lambda layers: Attempt(quantize(calibrated, layers), len(photos), _shown(layers, known)), groups


def _dynamic(model: "keras.Model", photos: np.ndarray) -> Remedy:
    """The layers whose float weights, alone, bring the answers nearest to those of float32 come first."""
    exact, content, known = convert(model, "float32"), convert(model, "dynamic"), set(_keras_names(model))

    def groups() -> list[set[str]]:
        graph, seen = read_graph(content), photos[:SEEN]
        expected, tensors = _answers(exact, seen), graph.subgraphs[0].tensors
        quantized = [output_name(graph, operator) for name, operator in operators(graph)
                     if name in WEIGHED and tensors[operator.inputs[WEIGHED[name]]].type == INT8]
        gaps = {layer: float(np.abs(_answers(restore_weights(content, exact, {layer}), seen) - expected).mean())
                for layer in track(quantized, "trying layers in float", len(quantized), "layers")}
        return [{layer} for layer in sorted(quantized, key=lambda layer: gaps[layer])]

    return lambda layers: Attempt(restore_weights(content, exact, layers), 0, _shown(layers, known)), groups


def _answers(content: bytes, photos: np.ndarray) -> np.ndarray:
    from ai_edge_litert.interpreter import Interpreter

    with quietly():
        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
    return TfliteClassifier({}, interpreter)(photos)


def _growing(groups: list[set[str]], steps: Iterable[int]) -> Iterator[set[str]]:
    """The union of the first groups, as many as ``steps`` say, each larger than the one before."""
    before: set[str] = set()
    for step in steps:
        layers = set().union(*groups[:step])
        if len(layers) > len(before):
            yield layers
        before = layers


def _around(graph: Any, name: str) -> set[str]:
    """The operators that write and read the tensor ``name``, as the tensors they write: only with both in float does it stay float.
    Operators whose output shares the range of their input belong to it, with what lies beyond them."""
    steps = [(kind, set(map(int, operator.inputs)), set(map(int, operator.outputs))) for kind, operator in operators(graph)]
    names = [tensor.name.decode() for tensor in graph.subgraphs[0].tensors]
    reached, found = {names.index(name)} if name in names else set(), set[int]()
    while True:
        touching = {i for i, (_, inputs, outputs) in enumerate(steps) if (inputs | outputs) & reached}
        if touching == found:
            return {names[output] for i in found for output in steps[i][2]}
        found = touching
        reached |= {output for i in found if steps[i][0] in PASSING for output in steps[i][2]}


def _keras_names(model: "keras.Model") -> list[str]:
    """Names of all layers, of nested models too."""
    layers: Iterable[Any] = model.layers
    return [name for layer in layers for name in ([layer.name, *_keras_names(layer)] if hasattr(layer, "layers") else [layer.name])]


def _shown(layers: Iterable[str], known: set[str]) -> tuple[str, ...]:
    """The Keras layers behind tensors, whose names are paths of scopes joined by ``;``; the path itself where none is known."""
    return tuple(sorted({_layer_of(layer, known) for layer in layers}))


def _layer_of(tensor: str, known: set[str]) -> str:
    paths = sorted(tensor.split(";"), key=lambda path: path.endswith(("convolution", "depthwise", "MatMul")), reverse=True)
    for part in (part for path in paths for part in reversed(path.split("/"))):
        for name in (part, part.rpartition("_")[0]):  # TensorFlow numbers a scope that is entered again
            if name in known:
                return name
    return paths[0]
