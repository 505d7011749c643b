"""Hold two runs side by side on the photos of both."""

from pathlib import Path
from typing import Annotated

from tltool import evaluation
from tltool.evaluation.difference import Difference
from tltool.options import program, recipe
from tltool.parameters import RunFolder
from tltool.runs import Run
from tltool.specs import option


@recipe
def diff(
    run: RunFolder, other: Annotated[Path, option(help="Folder of another run, measured on the same photos.", argument=True)]
) -> Difference:
    """Hold two runs side by side on the photos of both.

    From what both have answered, which lies in their folders: whether one is better or the difference inside the noise, what each took and
    weighs, and the photos that tell them apart. Runs of the same --data, --seed, --validation and --test are measured on the same photos;
    so is what is trained with --data RUN/split.csv.
    """
    return evaluation.tell_apart(Run(run), Run(other))


if __name__ == "__main__":
    program(diff)
