"""Does int8 keep the accuracy of trained stacks, with no operator in float?

    python benchmarks/int8_stacks.py [NAME …]

Trains a stack for each padding and each pooling, or for those of NAME, on handwritten digits, 32 pixels a side, and exports it as int8
with tltool's own recipe: at most 2 points of test accuracy may be lost, and no operator may compute in float. Exit code 1 when anything
fails.
"""

import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from stacks import PADDINGS, POOLINGS, finish

from tltool import ConvStack, Photos, Training, data, evaluation, export, scratch
from tltool.errors import GateError

LEAST_ACCURACY, MOST_LOST = 0.95, 0.02
TRAINED = {
    **{padding: ConvStack(filters=(12, 24, 48), padding=padding) for padding in PADDINGS},  # each with max
    **{pooling: ConvStack(filters=(12, 24, 48), pooling=pooling) for pooling in POOLINGS[1:-1]},  # each with same
    "none": ConvStack(conv=("12@5/2", "24@3/2", "48@3/2")),
}


def main(names: Iterable[str]) -> int:
    failures = []
    print(f"{'stack':15} test photos  accuracy  as int8  points lost  same label  left in float", flush=True)
    with tempfile.TemporaryDirectory() as place:
        photos = Photos(data=str(data.write_digits(Path(place) / "digits", range(10))), size=32)
        for name in names:
            row = quantize_one(name, photos, Path(place) / name)
            print(
                f"{row.name:15} {row.n:11} {row.accuracy:9.4f} {row.int8:8.4f} {100 * (row.accuracy - row.int8):+12.2f} "
                f"{row.agreement:11.1%}  {row.floats or '-'}",
                flush=True,
            )
            failures += [f"{name}: {fault}" for fault in faults_of(row)]
    return finish(failures)


class Quantized(NamedTuple):
    """A trained stack on ``n`` test photos, in float and as int8."""

    name: str
    n: int
    accuracy: float
    int8: float
    agreement: float
    floats: dict[str, int]


def quantize_one(name: str, photos: Photos, out: Path) -> Quantized:
    from tltool.exports.reference import prove, take_reference
    from tltool.exports.tflite.graph import count_float_operators

    run = scratch(photos, TRAINED[name], training=Training(epochs=20, batch_size=16, learning_rate=0.003, flip=False), out=str(out))
    try:
        export(run.path, ("tflite",), ("int8",), max_drop=MOST_LOST)
    except GateError as gate:  # written all the same, and judged below
        print(gate, file=sys.stderr)
    predictor = evaluation.open_predictor(run)
    samples = evaluation.match_classes(data.read_split(run.path / "split.csv"), predictor.classes).of("test")
    reference = take_reference(predictor, data.decode_own(samples, predictor.size, predictor.fit), samples, "test")
    ((path, parity),) = prove([*(run.path / "exports").glob("*int8*.tflite")], reference).items()
    return Quantized(name, parity.n, parity.reference_accuracy, parity.exported_accuracy, parity.agreement, count_float_operators(path))


def faults_of(row: Quantized) -> Iterator[str]:
    if row.accuracy < LEAST_ACCURACY:
        yield f"an accuracy of {row.accuracy:.3f} is too little to judge int8 by"
    if row.accuracy - row.int8 > MOST_LOST:
        yield f"int8 loses {100 * (row.accuracy - row.int8):.2f} points"
    if row.floats:
        yield f"int8 computes in float: {row.floats}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or TRAINED))
