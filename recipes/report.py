"""Tell how good a run is, why, and what to do next, on one page."""

from pathlib import Path
from typing import Annotated

from tltool import pages
from tltool.options import program, recipe
from tltool.pages.written import Written
from tltool.parameters import RunFolder
from tltool.runs import Run
from tltool.specs import option


@recipe
def report(
    run: RunFolder,
    photos: Annotated[bool, option(True, help="Show photos on the page; --no-photos where they are private: names of files stay.")] = True,
    max_mb: Annotated[
        float, option(8.0, gt=0, le=1000, help="Megabytes that the page may have: its photos become smaller and fewer where they must.")
    ] = 8.0,
    out: Annotated[Path | None, option(None, help="Folder of the page; default: that of the run.")] = None,
    force: Annotated[bool, option(False, help="Replace the page of an earlier report; other files stay.")] = False,
) -> Written:
    """Tell how good a run is, why, and what to do next.

    Writes report.html, one file that opens in a browser without network, and the same as report.md: the score with its interval beside what
    guessing would reach, what to do next and why, what is taken for what, each class, the photos with the worst and the best answers,
    curves, data, exports, versions and the command. No model is loaded. Of a run that is not finished it shows what there is.
    """
    source = Run(run)
    folder = out or source.path
    facts = pages.gather(source)
    pages.require_page(folder, force)
    return pages.write_page(facts, folder, photos, max_mb)


if __name__ == "__main__":
    program(report)
