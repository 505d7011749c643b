"""Tell how good a run is, why, and what to do next, on one page."""

from pathlib import Path
from typing import Annotated

from tltool import evaluation, pages
from tltool.options import program, recipe
from tltool.pages.written import Written
from tltool.parameters import Part, Source, Trained
from tltool.specs import option


@recipe
def report(
    trained: Trained,
    photos: Annotated[
        Source, option(None, flag="data", help="Tell of this folder instead of the run's own photos; class folders are matched by name.")
    ] = None,
    split: Part = None,
    with_photos: Annotated[
        bool, option(True, flag="photos", help="Show photos on the page; --no-photos where they are private: names of files stay.")
    ] = True,
    max_mb: Annotated[
        float, option(8.0, gt=0, le=1000, help="Megabytes that the page may have: its photos become smaller and fewer where they must.")
    ] = 8.0,
    out: Annotated[
        Path | None,
        option(None, help="Folder of the page; default: that of the run, and where it has to be measured the next number under runs/."),
    ] = None,
    force: Annotated[bool, option(False, help="Replace the page of an earlier report; other files stay.")] = False,
) -> Written:
    """Tell how good a run is, why, and what to do next.

    Writes report.html, one file that opens in a browser without network, and the same as report.md: the score with its interval beside what
    guessing would reach, what to do next and why, what is taken for what, each class, the photos with the worst and the best answers,
    curves, data, exports, versions and the command. Every training ends with it. Of a run that is not finished it shows what there is.

    It is told from what the run wrote down, and no model is loaded; with --data or --split, or of an exported file in exports/ of its run,
    the model answers anew.
    """
    source, is_known = pages.run_told(trained), trained.is_dir() and photos is None and split is None
    folder = pages.require_page(source, out, force, beside=is_known)
    measured = None if is_known else evaluation.measure_trained(evaluation.open_predictor(trained), trained, photos, split)
    return pages.write_page(pages.gather(source, measured), folder, with_photos, max_mb)


if __name__ == "__main__":
    program(report)
