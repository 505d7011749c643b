"""Which layers of a quantized model hurt its answers, the worst first, and what they are called in Keras."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from tltool.exports.tflite.graph import INT8, WEIGHED, operators, output_name, read_graph, restore_weights
from tltool.models.conversion import road
from tltool.noise import quietly
from tltool.progress import track
from tltool.runtimes.litert import TfliteModel

if TYPE_CHECKING:
    import keras

PASSING = {
    "AVERAGE_POOL_2D",
    "CONCATENATION",
    "GATHER",
    "MAX_POOL_2D",
    "MAXIMUM",
    "MINIMUM",
    "MIRROR_PAD",
    "PAD",
    "PADV2",
    "RELU",
    "RELU6",
    "RESHAPE",
    "SLICE",
    "SPLIT",
    "STRIDED_SLICE",
    "TRANSPOSE",
}  # their output shares the range of their input
SEEN = 16  # photos on which layers are judged
NEGLIGIBLE = 1e-3  # share of a layer's output: below it the layer does not hurt


def rank_int8(calibrated: bytes, photos: np.ndarray) -> list[set[str]]:
    """Places of an int8 file that hurt, the worst first: each the tensors that have to be float together; never the last layer.

    Args:
        calibrated: what ``tflite.calibrate`` gave.
        photos: uint8 [n, size, size, 3], of which the first 16 are looked at.
    """
    graph = read_graph(calibrated)
    last = {graph.subgraphs[0].tensors[i].name.decode() for i in graph.subgraphs[0].outputs}
    worst = [name for name, lost in find_losses(calibrated, photos[:SEEN]).items() if lost > NEGLIGIBLE and name not in last]
    return [_around(graph, name) for name in worst]


def rank_dynamic(content: bytes, exact: bytes, photos: np.ndarray) -> list[set[str]]:
    """The layers with int8 weights of a dynamic file, each on its own; those whose float weights, alone, bring the answers nearest to
    those of float32 come first.

    Args:
        content: the dynamic file.
        exact: the same model as a float32 file.
        photos: uint8 [n, size, size, 3], of which the first 16 are looked at.
    """
    graph, seen = read_graph(content), photos[:SEEN]
    expected, tensors = _answers(exact, seen), graph.subgraphs[0].tensors
    quantized = [
        output_name(graph, operator)
        for name, operator in operators(graph)
        if name in WEIGHED and tensors[operator.inputs[WEIGHED[name]]].type == INT8
    ]
    gaps = {
        layer: float(np.abs(_answers(restore_weights(content, exact, {layer}), seen) - expected).mean())
        for layer in track(quantized, "trying layers in float", len(quantized), "layers")
    }
    return [{layer} for layer in sorted(quantized, key=lambda layer: gaps[layer])]


def find_losses(calibrated: bytes, photos: np.ndarray) -> dict[str, float]:
    """Name of each tensor an int8 layer writes → the share of its content that is lost there, the worst first.

    Of a layer's errors on the same input we take noise through signal (mean square of the error by that of the output, at most 1) of each
    channel, averaged over channels, photos and then listed: the error in steps of the quantization, which the guide of TensorFlow's
    QuantizationDebugger looks at, stays small where one large channel drowns all others.

    Args:
        calibrated: what ``tflite.calibrate`` gave.
        photos: uint8 [n, size, size, 3].
    """
    names = {tensor.name.decode() for tensor in read_graph(calibrated).subgraphs[0].tensors}
    found = road.find_losses(calibrated, photos).items()
    losses = {name if name in names else name[:-1]: lost for name, lost in found}  # the quantizer adds a digit to a name it repeats
    return dict(sorted(losses.items(), key=lambda item: -item[1]))


def name_layers(model: "keras.Model", tensors: Iterable[str]) -> tuple[str, ...]:
    """The layers of ``model`` behind tensors, whose names are paths of scopes joined by ``;``; the path itself where none is known."""
    known = set(_keras_names(model))
    return tuple(sorted({_layer_of(tensor, known) for tensor in tensors}))


def _answers(content: bytes, photos: np.ndarray) -> np.ndarray:
    from ai_edge_litert.interpreter import Interpreter

    with quietly():
        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
    parts = TfliteModel({}, interpreter).parts(photos)
    return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)


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


def _layer_of(tensor: str, known: set[str]) -> str:
    paths = sorted(tensor.split(";"), key=lambda path: path.endswith(("convolution", "depthwise", "MatMul")), reverse=True)
    for part in (part for path in paths for part in reversed(path.split("/"))):
        for name in (part, part.rpartition("_")[0]):  # TensorFlow numbers a scope that is entered again
            if name in known:
                return name
    return paths[0]
