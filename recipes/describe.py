"""Lay out the arithmetic of a stack, a backbone or a run."""

from typing import Annotated

from tltool import figures, models
from tltool.models.summary.descriptions import Description
from tltool.options import program, recipe
from tltool.parameters import Drawing, ForceDrawing
from tltool.specs import ConvStack, Head, option

SIZE = 96


@recipe
def describe(
    what: Annotated[
        str | None,
        option(
            None,
            help="A name from `tltool backbones`, the folder of a run, or a .keras file; default: the stack that the flags say.",
            argument=True,
        ),
    ] = None,
    stack: ConvStack = ConvStack(),
    head: Head = Head(),
    size: Annotated[
        int | None,
        option(None, help="Side of the photos in pixels; default: 96 for a stack, the native size for a backbone.", ge=1, le=4096),
    ] = None,
    length: Annotated[
        int | None, option(None, help="Describe the stack on signals of this many steps instead of photos.", ge=1, le=10_000_000)
    ] = None,
    series: Annotated[int, option(1, help="Numbers at each step of such a signal.", ge=1, le=65_536)] = 1,
    classes: Annotated[int | None, option(None, help="Put a head for this many classes on top; default: none.", ge=2, le=1_000_000)] = None,
    formulas: Annotated[
        bool, option(False, help="Also multiply-adds, receptive fields and the padding that keeps the size, with the numbers put in.")
    ] = False,
    ann: Annotated[bool, option(False, help="Also the dense network that would do the same job, and its parameters.")] = False,
    layers: Annotated[bool, option(False, help="Every layer of a backbone or a run, not one line per size of its maps.")] = False,
    build: Annotated[bool, option(False, help="Also build the stack in Keras and hold its own count of parameters against these.")] = False,
    plot: Drawing = None,
    force: ForceDrawing = False,
) -> Description:
    """Lay out the arithmetic of a stack, a backbone or a run.

    Layer by layer: how its size and its parameters come about, what it costs, what it sees of the photo, and what a dense layer in its
    place would need. Nothing is trained. Without WHAT it is the stack of the flags, as `tltool scratch` would build it; with the name of a
    backbone or the folder of a run it is that.
    """
    figures.check_file(plot, force)
    models.require_one_subject(what, stack, head, size, length, classes, build)
    if what:
        found = models.describe_model(what, head, size, classes)
    else:
        shape = (length, series) if length else (size or SIZE, size or SIZE, 3)
        found = models.describe_stack(models.resolve_stack(stack, shape), shape, head, classes, build)
    found = found.told(layers, formulas, ann)
    return figures.draw_layers(found, plot) if plot else found


if __name__ == "__main__":
    program(describe)
