"""Time a run's model and its exports on this machine."""

from tltool import benchmarking
from tltool.benchmarking.timings import Timings
from tltool.options import program, recipe
from tltool.parameters import RunOrModel, Seconds


@recipe
def benchmark(model: RunOrModel, seconds: Seconds = 3.0) -> Timings:
    """Time a run's model and its exports on this machine.

    Each model runs in a process of its own, on one thread and then on all processors, and they take turns. A photo is random
    pixels of the model's size; a time is from pixels to probabilities. Also told: bytes, peak memory, and how quiet the machine was.
    """
    return benchmarking.time_models(benchmarking.models_in(model), seconds)


if __name__ == "__main__":
    program(benchmark)
