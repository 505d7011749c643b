"""Compare what initializers do to a stack before training."""

from typing import Annotated

from tltool import figures, inspection, models
from tltool.inspection.spreads import Spreads
from tltool.options import program, recipe
from tltool.parameters import Drawing, ForceDrawing, PhotosOfClasses, Seed
from tltool.specs import ConvStack, Head, option


@recipe
def initializers(
    photos: PhotosOfClasses,
    stack: ConvStack = ConvStack(),
    head: Head = Head(),
    size: Annotated[int, option(96, help="Side of the photos in pixels.", ge=1, le=4096)] = 96,
    against: Annotated[
        str, option("all", help="Initializers to hold the stack's own against: names with commas between, or all 14.")
    ] = "all",
    plot: Drawing = None,
    force: ForceDrawing = False,
    seed: Seed = 0,
) -> Spreads:
    """Compare what initializers do to a stack before training.

    How widely activations and gradients spread at each depth, on up to 32 photos: with the stack's own --kernel-initializer first, then
    with each of the others, on the same photos. What vanishes or explodes there learns slowly or not at all. Nothing is trained.
    """
    figures.check_file(plot, force)
    stack = models.resolve_stack(stack, (size, size, 3))
    spreads = inspection.study_initializers(stack, head, size, photos, against, seed)
    return figures.draw_spreads(spreads, plot) if plot else spreads


if __name__ == "__main__":
    program(initializers)
