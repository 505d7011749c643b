"""Time a run's model and its exports on this machine."""

from pathlib import Path
from typing import Annotated

from tltool import benchmarking
from tltool.benchmarking.timings import Timings
from tltool.options import program, recipe
from tltool.specs import option


@recipe
def benchmark(
    model: Annotated[
        Path, option(help="Folder of a run, for its model and all its exports; or one exported model.", argument=True, flag="run-or-file")
    ],
    seconds: Annotated[float, option(3.0, help="How long to time each model, on each number of threads.", gt=0, le=600)] = 3.0,
) -> Timings:
    """Time a run's model and its exports on this machine.

    Each model runs in a process of its own, on one thread and then on all processors, and they take turns. A photo is random
    pixels of the model's size; a time is from pixels to probabilities. Also told: bytes, peak memory, and how quiet the machine was.
    """
    return benchmarking.time_models(benchmarking.models_in(model), seconds)


if __name__ == "__main__":
    program(benchmark)
