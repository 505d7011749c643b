"""List runs with what each has scored, took and weighs."""

from pathlib import Path
from typing import Annotated

from tltool.options import program, recipe
from tltool.runs.listing import Order, RunTable, take_list
from tltool.specs import option


@recipe
def runs(
    dir: Annotated[Path, option(Path("runs"), help="Folder below which the runs lie.", argument=True)] = Path("runs"),
    sort: Annotated[
        Order,
        option(
            "date", help="What comes first: the highest score, the shortest time, the smallest size of the model, the newest date, or name."
        ),
    ] = "date",
) -> RunTable:
    """List runs with what each has scored, took and weighs.

    One that is not finished, or cannot be read, is listed with what is there; a word instead of its score says so. Scores of the same
    task can be compared where they were measured on the same photos, which `tltool diff` makes sure of. In Python it is
    tltool.list_runs, which gives a DataFrame.
    """
    return take_list(dir, sort)


if __name__ == "__main__":
    program(runs)
