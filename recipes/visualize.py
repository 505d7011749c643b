"""Draw what a run's network sees, or how good its answers are."""

from pathlib import Path
from typing import Annotated

from tltool import evaluation, figures, inspection
from tltool.figures.sheets import DRAWN, RATED, WINDOW, Sheets
from tltool.options import program, recipe
from tltool.parameters import RunFolder
from tltool.runs import Run
from tltool.specs import option


@recipe
def visualize(
    run: RunFolder,
    photos: Annotated[
        tuple[Path, ...], option((), help="Photos or folders of photos; default: a few that the run was measured on.", argument=True)
    ] = (),
    errors: Annotated[
        bool,
        option(
            False, help="Choose photos that were answered wrong, the surest first. Where objects are located, the worst are drawn anyway."
        ),
    ] = False,
    layer: Annotated[str | None, option(None, help="Convolution to look at; default: the one that sees the photo.")] = None,
    filter: Annotated[int | None, option(None, ge=0, help="Filter to look at, from 0; default: the one that says most.")] = None,
    explain_window: Annotated[
        str | None,
        option(
            None, help="ROW,COL in the feature map of --layer: print the multiply-and-sum that makes this number, and draw nothing else."
        ),
    ] = None,
    out: Annotated[Path | None, option(None, help="Folder of the sheets; default: RUN/visuals.")] = None,
    force: Annotated[bool, option(False, help="Replace sheets that tltool drew there; other files stay.")] = False,
) -> Sheets:
    """Draw what a run's network sees, or how good its answers are.

    Where answers lie somewhere in photos, three sheets as PNG: curves or bars of how good they are, and the photos with the best and the
    worst of them, beside what is true. Where one thing is said of a whole photo, four sheets: its kernels, the feature maps of the first
    photo at several depths, what pooling keeps of one of them, and where it looked in every photo (up to eight; --errors chooses them among
    those answered wrong). --explain-window writes one number of a feature map out as the sum it is.
    """
    source = Run(run)
    source.require_photos("What is visualized")
    if inspection.are_located(source, photos=photos, layer=layer, filter=filter, explain_window=explain_window):
        folder = figures.reserve_sheets(out or source.path / "visuals", RATED, force)
        return figures.draw_quality(source.path, evaluation.rate_answers(source), folder)
    folder = figures.reserve_sheets(out or source.path / "visuals", [WINDOW] if explain_window else DRAWN, force)
    predictor = evaluation.open_run(source)
    inside = inspection.look_inside(predictor.model)
    inspection.require_window(inside, explain_window, layer, filter)
    examples = inspection.choose_examples(source, predictor, photos, errors)
    if explain_window:
        window = inspection.explain_window(inside, examples[0], explain_window, layer, filter)
        return figures.draw_explanation(source.path, window, folder)
    return figures.draw_sheets(source.path, predictor.model, inside, examples, folder, layer, filter)


if __name__ == "__main__":
    program(visualize)
