"""Draw what a run's network sees."""

from tltool import evaluation, figures, inspection
from tltool.figures.sheets import DRAWN, WINDOW, Sheets
from tltool.options import program, recipe
from tltool.parameters import FilterNumber, ForceSheets, LayerName, RunFolder, SheetsOut, SomePhotos, WindowPlace
from tltool.runs import Run


@recipe
def visualize(
    run: RunFolder,
    photos: SomePhotos = (),
    layer: LayerName = None,
    filter: FilterNumber = None,
    explain_window: WindowPlace = None,
    out: SheetsOut = None,
    force: ForceSheets = False,
) -> Sheets:
    """Draw what a run's network sees.

    Four sheets as PNG: its kernels, the feature maps of the first photo at several depths, what pooling keeps of one of them, and
    where it looked in every photo (up to eight). --explain-window writes one number of a feature map out as the sum it is.
    """
    source = Run(run)
    source.require_photos("What is visualized")
    folder = figures.reserve_sheets(out or source.path / "visuals", [WINDOW] if explain_window else DRAWN, force)
    predictor = evaluation.open_run(source)
    inside = inspection.look_inside(predictor.model)
    inspection.require_window(inside, explain_window, layer, filter)
    examples = inspection.choose_examples(source, predictor, photos)
    if explain_window:
        window = inspection.explain_window(inside, examples[0], explain_window, layer, filter)
        return figures.draw_explanation(source.path, window, folder)
    return figures.draw_sheets(source.path, predictor.model, inside, examples, folder, layer, filter)


if __name__ == "__main__":
    program(visualize)
