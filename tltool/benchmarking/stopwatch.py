"""One model in a process of its own, timed on request: ``python -m tltool.benchmarking.stopwatch MODEL THREADS``.

It says one thing when the model is open. Then it answers requests: a number of seconds to time the model for by the seconds each photo
took and the share of that time a processor worked on it; ``weigh`` by the memory it took.
"""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tltool.errors import TltoolError
from tltool.models.processes.child import serving

WEIGH = "weigh"
PHOTOS = 8  # different ones, in turn
WARM_UP = 3  # runs that are not counted, after opening: memory is laid out and code is compiled in them

Classify = Callable[[np.ndarray], np.ndarray]  # uint8 [1, size, size, 3] → outputs [1, …], such as probabilities [1, classes]


class Kind(NamedTuple):
    """A kind of model: the module of its runtime, imported before memory is counted, and how it is opened on some threads."""

    runtime: str
    open: Callable[[Path, int], tuple[Classify, int]]


def main(path: Path, threads: int, requests: Iterator[float | str], answer: Callable[[dict[str, Any]], object]) -> None:
    """Open the model at ``path`` and serve ``requests``; an error the user can mend is an answer too."""
    try:
        kind = KINDS.get(path.suffix, KINDS[""])
        with suppress(ImportError):  # opening says what is not installed
            import_module(kind.runtime)
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here on
        before = _memory("VmRSS")
        classify, size = kind.open(path, threads)
        photos = np.random.default_rng(0).integers(0, 256, (PHOTOS, 1, size, size, 3), np.uint8)
        for i in range(WARM_UP):
            classify(photos[i])
    except TltoolError as error:
        answer({"error": str(error)})
        return
    answer({"size": size})
    for request in requests:
        if request == WEIGH:
            peak = _memory("VmHWM")
            answer({"peak": peak, "model": max(0, peak - before)})
        else:
            seconds, busy = time_for(classify, photos, float(request))
            answer({"seconds": seconds, "busy": busy})


def time_for(classify: Classify, photos: np.ndarray, seconds: float) -> tuple[list[float], float]:
    """Classify ``photos``, uint8 [k, 1, size, size, 3], one by one for about ``seconds``, at least once.

    Returns:
        What each took, in seconds, and processor time per time that passed: 1 on one thread that nobody disturbed.
    """
    classify(photos[0])  # not counted: others had their turn, and the processor's caches are theirs
    taken: list[float] = []
    began, worked = time.perf_counter(), time.process_time()
    while not taken or time.perf_counter() - began < seconds:
        start = time.perf_counter()
        classify(photos[len(taken) % len(photos)])
        taken.append(time.perf_counter() - start)
    return taken, (time.process_time() - worked) / (time.perf_counter() - began)


def _open_tflite(path: Path, threads: int) -> tuple[Classify, int]:
    from tltool.runtimes.litert import load_tflite

    classifier = load_tflite(path, threads)
    return classifier, classifier.facts["size"]


def _open_onnx(path: Path, threads: int) -> tuple[Classify, int]:
    from tltool.runtimes.onnx import load_onnx

    classifier = load_onnx(path, threads)
    return classifier, classifier.facts["size"]


def _open_keras(path: Path, threads: int) -> tuple[Classify, int]:
    from tltool.evaluation.predictors import predictor_of
    from tltool.models.saving.store import load_model

    predictor = predictor_of(load_model(path), [], "crop")
    return predictor.scores, predictor.size


def _open_saved_model(path: Path, threads: int) -> tuple[Classify, int]:
    from tltool.runtimes.saved_model import facts_in, load_saved_model

    return load_saved_model(path), facts_in(path)["size"]


KINDS = {
    ".tflite": Kind("ai_edge_litert.interpreter", _open_tflite),
    ".onnx": Kind("onnxruntime", _open_onnx),
    ".keras": Kind("keras", _open_keras),
    "": Kind("tensorflow", _open_saved_model),
}


def _memory(name: str) -> int:
    """Bytes of this process: VmRSS now or VmHWM at most; where the system has no /proc, the most there was so far."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    with serving() as (requests, answer):
        main(Path(sys.argv[1]), int(sys.argv[2]), requests, answer)
