"""What a SavedModel may do before TensorFlow sees it: compute with the operations of networks for photos, and nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

from tltool.errors import WeightsError  # noqa: E402
from tltool.models.hub import layer  # noqa: E402
from tltool.models.hub.guard import parse_graph, refuse_harmful  # noqa: E402
from tltool.models.hub.operations import OPERATIONS, REFUSED, SAVING  # noqa: E402

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="hub modules are TensorFlow graphs")
SIZE = 8
RAW = tf.raw_ops
STATEFUL = {
    "AssignAddVariableOp",
    "AssignSubVariableOp",
    "AssignVariableOp",
    "Assert",
    "If",
    "ReadVariableOp",
    "RandomStandardNormal",
    "RandomUniform",
    "ResourceGather",
    "RngReadAndSkip",
    "StatefulPartitionedCall",
    "TruncatedNormal",
    "StatelessRandomGetAlg",
    "StatelessRandomGetKeyCounter",
}


class Module(tf.Module):
    """The mean of a photo, after ``extra``."""

    def __init__(self, extra: Callable[[tf.Tensor], tf.Tensor]) -> None:
        super().__init__()
        self.shift = tf.Variable(tf.zeros([3]))
        self.extra = extra

    @tf.function(input_signature=[tf.TensorSpec([None, SIZE, SIZE, 3])])
    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(x, [1, 2]) + self.shift + self.extra(x)


def saved(folder: Path, extra: Callable[[tf.Tensor], tf.Tensor]) -> Path:
    tf.saved_model.save(Module(extra), folder)
    return folder


def graph(folder: Path) -> bytes:
    return (folder / "saved_model.pb").read_bytes()


def changed(content: bytes, change: Callable[[Any], None]) -> bytes:
    """The graph with something done to its MetaGraphDef."""
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    whole = SavedModel.FromString(content)
    change(whole.meta_graphs[0])
    return whole.SerializeToString()


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return graph(saved(tmp_path_factory.mktemp("honest") / "net", lambda x: 0.0))


def scalar(tensor: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.cast(tensor, tf.float32))


def after(operation: Any) -> tf.Tensor:
    with tf.control_dependencies([operation]):
        return tf.zeros([])


def reading(file: Path) -> dict[str, Callable[[tf.Tensor], tf.Tensor]]:
    """Modules that would do more than compute; ``file`` is what they would read or write."""
    return {
        "ImmutableConst": lambda x: scalar(RAW.ImmutableConst(dtype=tf.uint8, shape=[4], memory_region_name=str(file))),
        "ReadFile": lambda x: scalar(tf.strings.length(tf.io.read_file(str(file)))),
        "WriteFile": lambda x: tf.cond(tf.reduce_sum(x) > -1.0, lambda: after(tf.io.write_file(str(file), "caught")), lambda: 0.0),
        "DecodeProtoV2": lambda x: scalar(
            RAW.DecodeProtoV2(bytes=[b""], message_type="a.B", field_names=["x"], output_types=[tf.int32], descriptor_source=str(file))[0]
        ),
        "Abort": lambda x: after(RAW.Abort(error_msg="", exit_without_error=True)),
        "EagerPyFunc": lambda x: tf.ensure_shape(tf.py_function(lambda: float(file.write_text("caught")), [], tf.float32), []),
        "SaveV2": lambda x: after(RAW.SaveV2(prefix=str(file), tensor_names=["a"], shape_and_slices=[""], tensors=[x])),
        "StatelessWhile": lambda x: tf.while_loop(lambda i: True, lambda i: [i + 0.0], [tf.constant(0.0)])[0],
    }


@pytest.mark.parametrize("operation", reading(Path()))
def test_a_module_that_does_more_than_compute_is_refused_before_it_is_loaded(operation: str, tmp_path: Path) -> None:
    folder = saved(tmp_path / "net", reading(tmp_path / "canary")[operation])
    with pytest.raises(WeightsError, match=rf"must only compute.*the operation {operation}\b"):
        layer.load_hub(str(folder))
    assert not list(tmp_path.glob("canary*"))


def test_a_gradient_that_reads_a_file_is_refused(tmp_path: Path) -> None:
    @tf.custom_gradient
    def same(x: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        return tf.reduce_sum(x) * 0, lambda change: change * scalar(tf.strings.length(tf.io.read_file("/etc/hostname"))) + 0 * x

    tf.saved_model.save(Module(same), tmp_path / "net", options=tf.saved_model.SaveOptions(experimental_custom_gradients=True))
    with pytest.raises(WeightsError, match="the operation ReadFile, which reads a file"):
        refuse_harmful(graph(tmp_path / "net"), "net")


def test_what_saves_and_restores_a_module_may_stay_where_nothing_can_call_it(honest: bytes) -> None:
    functions = {function.signature.name: function for function in parse_graph(honest, "net").graph_def.library.function}
    (restore,) = (name for name, function in functions.items() if any(node.op == "RestoreV2" for node in function.node_def))
    refuse_harmful(honest, "net")

    def call_by_object(meta: Any) -> None:
        meta.object_graph_def.nodes.add().bare_concrete_function.concrete_function_name = restore

    def call_by_function(meta: Any) -> None:
        meta.object_graph_def.nodes.add().function.concrete_functions.append(restore)

    def call_from_module(meta: Any) -> None:
        called = next(
            function for function in meta.graph_def.library.function if function.signature.name in meta.object_graph_def.concrete_functions
        )
        called.node_def.add(name="more", op="StatefulPartitionedCall").attr["f"].func.name = restore

    def forget_the_saver(meta: Any) -> None:
        meta.saver_def.Clear()

    for change in (call_by_object, call_by_function, call_from_module, forget_the_saver):
        with pytest.raises(WeightsError, match="the operation RestoreV2"):
            refuse_harmful(changed(honest, change), "net")


def test_a_function_that_nothing_calls_may_only_compute_too(honest: bytes) -> None:
    """TensorFlow works out its shapes while it loads."""

    def add(meta: Any) -> None:
        function = meta.graph_def.library.function.add()
        function.signature.name = "alone"
        function.node_def.add(name="read", op="ReadFile")

    with pytest.raises(WeightsError, match="ReadFile"):
        refuse_harmful(changed(honest, add), "net")


def test_a_function_may_not_have_the_name_of_an_operation(honest: bytes) -> None:
    def add(meta: Any) -> None:
        meta.graph_def.library.function.add().signature.name = "WriteFile"

    with pytest.raises(WeightsError, match="by the name of the operation WriteFile"):
        refuse_harmful(changed(honest, add), "net")


@pytest.mark.parametrize(("kind", "said"), [("resource", "a constant of the type resource"), ("huge", "a constant that claims to be huge")])
def test_a_constant_is_no_handle_to_others_and_as_large_as_it_says(kind: str, said: str, honest: bytes) -> None:
    def add(meta: Any) -> None:
        node = meta.graph_def.library.function[0].node_def.add(name="more", op="Const")
        tensor = node.attr["value"].tensor
        tensor.dtype = (tf.resource if kind == "resource" else tf.float32).as_datatype_enum
        if kind == "huge":
            tensor.tensor_shape.CopyFrom(tf.TensorShape([200_000, 200_000]).as_proto())

    with pytest.raises(WeightsError, match=said):
        refuse_harmful(changed(honest, add), "net")


def test_an_object_that_holds_files_is_refused(honest: bytes) -> None:
    with pytest.raises(WeightsError, match="an object of the kind asset"):
        refuse_harmful(changed(honest, lambda meta: meta.object_graph_def.nodes.add().asset.SetInParent()), "net")


def test_a_tensor_that_is_huge_whatever_the_photos_are_is_refused_before_it_is_made(tmp_path: Path) -> None:
    folder = saved(tmp_path / "net", lambda x: tf.reduce_sum(tf.ones([200_000, 200_000])))
    with pytest.raises(WeightsError, match=r"40,000,000,000 by the operation Fill"):
        layer.load_hub(str(folder))


def test_what_is_listed_is_there_and_touches_nothing() -> None:
    """No operation takes a place in its attributes, and those with a side effect are known one by one."""
    from tensorflow.python.framework import op_def_registry

    listed = {name: op_def_registry.get(name) for name in OPERATIONS}
    assert len(OPERATIONS) <= 150 and None not in listed.values() and not (OPERATIONS & (SAVING | REFUSED.keys()))
    named = " ".join(attribute.name for op in listed.values() for attribute in op.attr)
    assert not [word for word in ("file", "path", "container", "shared", "memory", "address", "host") if word in named]
    assert {name for name, op in listed.items() if op.is_stateful} <= STATEFUL


@pytest.mark.parametrize("name", ["MobileNetV3Small", "ConvNeXtTiny"])
def test_an_exported_network_with_its_training_is_taken(name: str, tmp_path: Path) -> None:
    layers = keras.layers
    net = getattr(keras.applications, name)(weights=None, include_top=False, input_shape=(64, 64, 3))
    model = keras.Sequential(
        [
            layers.Input((48, 48, 3)),
            layers.Resizing(64, 64),
            layers.RandomFlip(),
            layers.RandomRotation(0.1),
            layers.RandomContrast(0.1),
            net,
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.2),
        ]
    )
    module = tf.Module()
    module.weights = [variable.value for variable in model.variables]
    trained = tf.function(lambda x: model(x, training=True), input_signature=[tf.TensorSpec([None, 48, 48, 3])])
    tf.saved_model.save(module, tmp_path / "net", signatures=trained)
    refuse_harmful(graph(tmp_path / "net"), name)
