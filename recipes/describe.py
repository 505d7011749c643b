"""Lay out the arithmetic of a stack, a backbone or a run."""

from tltool import figures, inspection, models
from tltool.inspection.spreads import Spreads
from tltool.models.summary.descriptions import Description
from tltool.options import program, recipe
from tltool.parameters import (
    Against,
    BuildToo,
    Classes,
    DenseToo,
    Described,
    Drawing,
    EveryLayer,
    ForceDrawing,
    FormulasToo,
    LengthOfSignal,
    Seed,
    Series,
    SideOfPhoto,
    StudyData,
    StudyInitializers,
)
from tltool.specs import ConvStack, Head

SIZE = 96


@recipe
def describe(
    what: Described = None,
    stack: ConvStack = ConvStack(),
    head: Head = Head(),
    size: SideOfPhoto = None,
    length: LengthOfSignal = None,
    series: Series = 1,
    classes: Classes = None,
    formulas: FormulasToo = False,
    ann: DenseToo = False,
    layers: EveryLayer = False,
    build: BuildToo = False,
    plot: Drawing = None,
    force: ForceDrawing = False,
    initializers: StudyInitializers = False,
    photos: StudyData = None,
    against: Against = "all",
    seed: Seed = 0,
) -> Description | Spreads:
    """Lay out the arithmetic of a stack, a backbone or a run.

    Layer by layer: how its size and its parameters come about, what it costs, what it sees of the photo, and what a dense layer in its
    place would need. Nothing is trained. Without WHAT it is the stack of the flags, as `tltool scratch` would build it; with the name of a
    backbone or the folder of a run it is that.
    """
    if plot:
        figures.check_file(plot, force)
    models.require_one_subject(what, stack, head, size, length, classes, build, initializers, photos)
    shape = (length, series) if length else (size or SIZE, size or SIZE, 3)
    stack = models.resolve_stack(stack, shape)
    if initializers:
        spreads = inspection.study_initializers(stack, head, shape, photos, against, seed)
        return figures.draw_spreads(spreads, plot) if plot else spreads

    found = models.describe_model(what, head, size, classes) if what else models.describe_stack(stack, shape, head, classes, build)
    found = found.told(layers, formulas, ann)
    return figures.draw_layers(found, plot) if plot else found


if __name__ == "__main__":
    program(describe)
