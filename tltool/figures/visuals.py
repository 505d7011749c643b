"""The sheets of a run, one after the other."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tltool.figures.feature_maps import draw_maps
from tltool.figures.kernels import draw_kernels
from tltool.figures.pooling import draw_pooling
from tltool.figures.saliency import draw_attention
from tltool.figures.sheets import ATTENTION, KERNELS, MAPS, POOLING, WINDOW, Sheets, make_folder
from tltool.figures.window import draw_window
from tltool.inspection.examples import Example
from tltool.inspection.feature_maps import map_depths
from tltool.inspection.graph import Inside, Node, find_convolution, require_filter
from tltool.inspection.kernels import look_at_kernels
from tltool.inspection.pooling import look_at_pooling
from tltool.inspection.saliency import weigh_evidence
from tltool.inspection.window import Window
from tltool.progress import step

UNREACHABLE = (
    "The network has no convolution that can be reached (a hub module keeps its layers to itself, and a dense network has "
    "none): kernels, feature maps and pooling are not drawn."
)


def draw_sheets(
    run: Path, model: Any, inside: Inside, examples: Sequence[Example], folder: Path, layer: str | None = None, number: int | None = None
) -> Sheets:
    """Write every sheet that the network allows into ``folder``.

    Args:
        model: the run's whole ``keras.Model``.
        layer: the convolution whose kernels are drawn; None is the first.
        number: of the map on the pooling sheet; None is the one that pooling changes most.

    Raises:
        SpecError: no such convolution, or no such filter in it.
        TltoolError: the folder cannot be written.
    """
    convolution = find_convolution(inside, layer) if inside.first or layer else None
    if number is not None:
        require_filter(find_convolution(inside, layer), number)
    make_folder(folder)
    sheets, first = {}, examples[0]
    if convolution:
        step("drawing", 0, 4, "sheets")
        sheets[folder / KERNELS] = draw_kernels(look_at_kernels(inside, convolution, examples), folder / KERNELS)
        step("drawing", 1, 4, "sheets")
        sheets[folder / MAPS] = draw_maps(map_depths(inside, first), first, folder / MAPS)
        step("drawing", 2, 4, "sheets")
        if pooled := look_at_pooling(inside, first, number):
            sheets[folder / POOLING] = draw_pooling(pooled, first, folder / POOLING)
        step("drawing", 3, 4, "sheets")
    sheets[folder / ATTENTION] = draw_attention(examples, weigh_evidence(model, examples), folder / ATTENTION)
    return Sheets(run, sheets, () if convolution else (UNREACHABLE,), _middle(convolution) if convolution else "")


def draw_explanation(run: Path, window: Window, folder: Path) -> Sheets:
    """Write the sheet of one window into ``folder``.

    Raises:
        TltoolError: the folder cannot be written.
    """
    make_folder(folder)
    return Sheets(run, {folder / WINDOW: draw_window(window, folder / WINDOW)}, window=window)


def _middle(convolution: Node) -> str:
    return ",".join(str(side // 2) for side in convolution.leaving.shape[1:3])
