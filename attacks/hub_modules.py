"""SavedModels whose operations read, write, stop or call: each must be refused before it runs, whoever brings it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from attacks.arena import Case, Victim
from attacks.scene import draw_photos


def attack(ground: Path, scale: float, seed: int) -> Iterator[Case]:
    photos = draw_photos(ground / "photos")
    secret = ground / "secret.txt"
    secret.write_bytes(os.urandom(64))
    with Victim(ground, seconds=120, megabytes=1500) as maker:
        names = list(OPERATIONS)[: max(1, int(len(OPERATIONS) * scale))]
        made = {name: maker.call("attacks.hub_modules:make", name, str(ground / name), str(secret)) for name in names}
    with Victim(ground, seconds=60, megabytes=1500) as victim:
        for name, verdict in made.items():
            if verdict.outcome != "accepted":  # TensorFlow of this version cannot say it
                continue
            run = ground / f"run-{name}"
            verdict = victim.call(
                "attacks.victim:command",
                [
                    "finetune",
                    "--data",
                    str(photos),
                    "--backbone",
                    f"hub:{ground / name}",
                    "--size",
                    "48",
                    "--unfreeze",
                    "none",
                    "--out",
                    str(run),
                ],
            )
            wanted = "accepted" if name in HARMLESS else "refused"
            yield Case("module", name, verdict if verdict.outcome == wanted or not verdict.survived else verdict._replace(outcome="opened"))


def make(name: str, folder: str, secret: str) -> None:
    """Save a module that gives three means and what ``OPERATIONS[name]`` gives."""
    import tensorflow as tf

    class Module(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = tf.Variable([1.0, 1.0, 1.0])

        @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3])])
        def __call__(self, photos: Any) -> Any:
            extra = tf.reshape(tf.cast(OPERATIONS[name](tf, secret, photos), tf.float32), [-1])[:1]
            means = tf.reduce_mean(photos, [1, 2]) * self.scale
            return tf.concat([means, tf.tile(extra[None], [tf.shape(photos)[0], 1])], 1)

    tf.saved_model.save(Module(), folder)


def after(operation: Callable[[Any, str], Any]) -> Callable[[Any, str, Any], Any]:
    """Zeros, given once ``operation`` has been done."""

    def give(tf: Any, secret: str, photos: Any) -> Any:
        with tf.control_dependencies([operation(tf, secret)]):
            return tf.zeros([1])

    return give


def beside(secret: str) -> str:
    return str(Path(secret).with_name("CANARY"))


HARMLESS = ("nothing", "random_numbers")  # the second draws for augmentation
OPERATIONS: dict[str, Callable[[Any, str, Any], Any]] = {
    "nothing": lambda tf, secret, photos: tf.zeros([1]),
    "constant_of_a_file": lambda tf, secret, photos: tf.raw_ops.ImmutableConst(dtype=tf.uint8, shape=[64], memory_region_name=secret),
    "read_file": lambda tf, secret, photos: tf.io.decode_raw(tf.io.read_file(secret), tf.uint8),
    "whole_file_reader": lambda tf, secret, photos: tf.strings.length(
        tf.raw_ops.ReaderReadV2(
            reader_handle=tf.raw_ops.WholeFileReaderV2(), queue_handle=tf.raw_ops.FIFOQueueV2(component_types=[tf.string])
        )[1]
    ),
    "matching_files": lambda tf, secret, photos: tf.size(tf.io.matching_files("/etc/*")),
    "write_file": after(lambda tf, secret: tf.io.write_file(beside(secret), "x")),
    "print_to_a_file": after(lambda tf, secret: tf.print("x", output_stream=f"file://{beside(secret)}")),
    "print": after(lambda tf, secret: tf.print("\x1b]0;p\x07")),
    "save": after(
        lambda tf, secret: tf.raw_ops.SaveV2(prefix=beside(secret), tensor_names=["x"], shape_and_slices=[""], tensors=[tf.zeros([1])])
    ),
    "restore": lambda tf, secret, photos: tf.raw_ops.RestoreV2(
        prefix=secret, tensor_names=["x"], shape_and_slices=[""], dtypes=[tf.float32]
    )[0],
    "proto_described_by_a_file": lambda tf, secret, photos: tf.raw_ops.DecodeProtoV2(
        bytes=tf.constant([b""]), message_type="a.B", field_names=["x"], output_types=[tf.int32], descriptor_source=secret
    )[1][0],
    "abort": after(lambda tf, secret: tf.raw_ops.Abort(error_msg="ended by a model", exit_without_error=False)),
    "abort_silently": after(lambda tf, secret: tf.raw_ops.Abort(error_msg="", exit_without_error=True)),
    "python": lambda tf, secret, photos: tf.ensure_shape(
        tf.py_function(lambda: Path(beside(secret)).write_text("x") + 0.0, [], tf.float32), []
    ),
    "numpy": lambda tf, secret, photos: tf.ensure_shape(tf.numpy_function(lambda: 0.0, [], tf.float64), []),
    "lines_of_a_file": lambda tf, secret, photos: tf.strings.length(next(iter(tf.data.TextLineDataset(secret).take(1).batch(1)))),
    "dataset_in_the_graph": lambda tf, secret, photos: tf.data.TextLineDataset(secret).reduce(tf.constant(0.0), lambda count, _: count + 1),
    "summary": after(
        lambda tf, secret: tf.raw_ops.WriteSummary(
            writer=tf.raw_ops.SummaryWriter(), step=tf.constant(0, tf.int64), tensor=[1.0], tag="x", summary_metadata=""
        )
    ),
    "table_of_a_file": lambda tf, secret, photos: tf.lookup.StaticHashTable(
        tf.lookup.TextFileInitializer(secret, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER),
        0,
    ).lookup(tf.constant(["x"])),
    "random_numbers": lambda tf, secret, photos: tf.random.uniform([1]),
    "time": lambda tf, secret, photos: tf.timestamp(),
    "session_handle": lambda tf, secret, photos: tf.strings.length(tf.raw_ops.GetSessionHandleV2(value=tf.zeros([1]))),
    "decode_a_picture": lambda tf, secret, photos: tf.image.decode_png(tf.constant(b"")),
    "loop_without_end": lambda tf, secret, photos: tf.while_loop(lambda number: number >= 0, lambda number: tf.abs(number), [tf.zeros([])])[
        0
    ],
    "remote_call": lambda tf, secret, photos: tf.raw_ops.CollectiveReduce(
        input=tf.zeros([1]), group_size=2, group_key=1, instance_key=1, merge_op="Add", final_op="Id", subdiv_offsets=[0]
    ),
}
