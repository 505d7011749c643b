"""A network drawn to scale: feature maps as boxes, the next window on each, and what one output sees of the photo."""

from collections.abc import Sequence
from dataclasses import replace
from math import log
from pathlib import Path
from typing import Any, NamedTuple

from tltool.figures.fields import MOST_WINDOWS, draw_fields, draw_strip
from tltool.figures.shades import mix, polygon, ramp, rectangle
from tltool.figures.style import FAINT, INK, MUTED, PAPER, drawing
from tltool.models.stack.axes import Shape, sized
from tltool.models.summary.arithmetic import Layer
from tltool.models.summary.descriptions import Description
from tltool.models.summary.layer_tables import shortened
from tltool.models.summary.stages import stages_of

SLANT = (0.42, 0.27)  # how a map's width runs into the page: right and up, per unit of width
THICKEST, THINNEST = 0.55, 0.022  # boxes, in sides of the largest map
GAP, LABEL = 0.24, 0.72  # between boxes; least distance of two labels
INCHES = 1.65  # a side of the largest map
SHEET = 0.05  # from one channel of a photo to the next
CHANNELS, SERIES = ("#ef4444", "#22c55e", "#3b82f6"), ("#94a3b8", "#64748b", "#475569")


class Box(NamedTuple):
    """A feature map to draw: its shape, two lines of words, and the window that the next layer lays on it, in its places."""

    shape: Shape
    words: str
    faint: str
    window: Shape = ()
    vector: bool = False


def draw_layers(found: Description, file: Path) -> Description:
    """Draw ``found`` into ``file``, which must be free, and return it with the file noted.

    Raises:
        TltoolError: the file cannot be written.
    """
    boxes = _boxes(found.layers)
    slim = len(boxes[0].shape) == 2
    scale = 1 / max(max(box.shape[:-1]) for box in boxes if not box.vector)
    lefts = _lefts(boxes, scale)
    width = lefts[-1] + LABEL
    inches = max(INCHES * (width + 0.25), 6.5)
    with drawing(file, inches + 3.0, 4.1) as figure:
        seeing, main = figure.subplots(1, 2, width_ratios=[3.0, inches])
        figure.suptitle(found.title, x=0.012, ha="left", fontweight="bold", fontsize=13, color=INK)
        (draw_strip if slim else draw_fields)(seeing, found.layers)
        for axes in (seeing, main):
            axes.axis("off")
        main.set_aspect("equal")
        main.set_xlim(-0.25, width)
        main.set_ylim(-1.1, 0.75)
        _draw_boxes(main, boxes, lefts, scale)
        figure.supxlabel(
            f"{found.parameters:,} parameters · {found.multiply_adds:,} multiply-adds · maps and windows to scale; thickness "
            "in proportion to channels; bars of numbers not to scale",
            x=0.012,
            ha="left",
            fontsize=8,
            color=MUTED,
        )
    return replace(found, drawing=file)


def _boxes(layers: Sequence[Layer]) -> list[Box]:
    """The photo, what each window leaves, and each vector of the head."""
    windows = [layer for layer in layers if layer.axes]
    if len(windows) > MOST_WINDOWS:
        return _stage_boxes(layers)
    boxes = [Box(layers[0].entering, "RGB photo" if len(layers[0].entering) == 3 else "signal", "")]
    for layer in layers:
        if layer.axes:
            boxes[-1] = boxes[-1]._replace(window=tuple(axis.reach for axis in layer.axes))
            boxes.append(Box(layer.leaving, _words(layer), _cost(layer)))
        elif len(layer.leaving) == 1 and (layer.kind in ("dense", "global pooling", "flatten")):
            boxes.append(Box(layer.leaving, _words(layer), _cost(layer), vector=True))
    return boxes


def _stage_boxes(layers: Sequence[Layer]) -> list[Box]:
    boxes = [Box(layers[0].entering, "RGB photo", "")]
    for stage in stages_of(layers):
        if stage.where == sized(layers[0].entering[:-1]) and not any(layer.axes for layer in stage.layers):
            continue  # pixels scaled, nothing seen yet
        if stage.where != "head":
            parameters = sum(layer.parameters.number for layer in stage.layers)
            boxes.append(Box(stage.last.leaving, f"{len(stage.layers)} layers", _told(parameters)))
        else:
            boxes += [
                Box(layer.leaving, _words(layer), _cost(layer), vector=True)
                for layer in stage.layers
                if layer.kind in ("dense", "global pooling", "flatten")
            ]
    return boxes


def _words(layer: Layer) -> str:
    match layer.kind:
        case "dense":
            return "dense"
        case "flatten":
            return "flatten"
        case "global pooling":
            return f"global {layer.does.split()[0]}"
        case "pooling":
            return layer.does
    return f"conv {sized([axis.window for axis in layer.axes])}" + layer.does.partition(" ")[2].join([" ", ""]).rstrip()


def _cost(layer: Layer) -> str:
    return _told(layer.parameters.number)


def _told(parameters: int) -> str:
    return f"{shortened(parameters)} parameters" if parameters else ""


def _face(box: Box, scale: float) -> tuple[float, float]:
    """Height and width of a map; that of a signal is a strip."""
    if box.vector:
        return 0.0, 0.0
    return (box.shape[0] * scale, 0.07) if len(box.shape) == 2 else (box.shape[0] * scale, box.shape[1] * scale)


def _thickness(box: Box, boxes: Sequence[Box]) -> float:
    most = max(other.shape[-1] for other in boxes if not other.vector)
    if box.vector or box is boxes[0]:
        return 0.05 if box.vector else SHEET * (min(box.shape[-1], 3) - 1) + THINNEST
    return max(THICKEST * box.shape[-1] / most, THINNEST)


def _half(box: Box, longest: int) -> float:
    """Half the height of a bar of numbers, by the logarithm of how many they are."""
    return 0.12 + 0.3 * log(box.shape[0] + 1) / log(longest + 1)


def _lefts(boxes: Sequence[Box], scale: float) -> list[float]:
    """Where each box begins."""
    lefts = [0.0]
    for box in boxes[:-1]:
        lefts.append(lefts[-1] + max(_thickness(box, boxes) + SLANT[0] * _face(box, scale)[1] + GAP, LABEL))
    return lefts


def _draw_boxes(axes: Any, boxes: Sequence[Box], lefts: Sequence[float], scale: float) -> None:
    longest = max((box.shape[0] for box in boxes if box.vector), default=1)
    for number, (box, left) in enumerate(zip(boxes, lefts)):
        colour, thick, front = ramp(number, len(boxes)), _thickness(box, boxes), 10 * number
        if box.vector:
            half = _half(box, longest)
            axes.add_patch(rectangle((left, -half), thick, 2 * half, colour, front + 2))
            middle, bottom = left + thick / 2, -half
        else:
            height, width = _face(box, scale)
            base = -height / 2 - SLANT[1] * width / 2
            _draw_box(
                axes, left, base, height, width, thick, colour if number else None, front, CHANNELS if len(box.shape) == 3 else SERIES
            )
            middle, bottom = left + (thick + SLANT[0] * width) / 2, base
        if number + 1 < len(boxes):
            following = boxes[number + 1]
            _join(axes, box, following, (left, lefts[number + 1]), (thick, _thickness(following, boxes)), scale, front, longest)
        below = min(bottom, -0.16) - 0.06
        axes.text(middle, below, sized(box.shape), ha="center", va="top", fontsize=8.5, fontweight="bold", color=INK, zorder=500)
        axes.text(
            middle, below - 0.085, f"{box.words}\n{box.faint}", ha="center", va="top", fontsize=7.5, color=INK, zorder=500, linespacing=1.35
        )


def _draw_box(
    axes: Any, left: float, base: float, height: float, width: float, thick: float, colour: str | None, front: int, sheets: Sequence[str]
) -> None:
    """Front, top and right side; without a colour one sheet for each channel of what enters, three at most."""
    slabs = (
        [(left, thick, colour)] if colour else [(left + i * SHEET, THINNEST, shade) for i, shade in enumerate(sheets) if i * SHEET < thick]
    )
    over, up = SLANT[0] * width, SLANT[1] * width
    for start, deep, shade in slabs:
        end, top = start + deep, base + height
        for points, light in (
            ([(start, base), (end, base), (end, top), (start, top)], 0.55),
            ([(start, top), (end, top), (end + over, top + up), (start + over, top + up)], 0.8),
            ([(end, base), (end + over, base + up), (end + over, top + up), (end, top)], 0.7),
        ):
            axes.add_patch(polygon(points, mix(shade, light), front + 2, edge=shade))


def _join(
    axes: Any, box: Box, following: Box, lefts: tuple[float, float], thick: tuple[float, float], scale: float, front: int, longest: int
) -> None:
    """The next window on the right side of ``box``, and lines from its corners to the place it makes; to a vector, from everything."""
    if box.vector:
        ends = [_half(side, longest) for side in (box, following)]
        right = lefts[0] + thick[0]
        fan = [(right, -ends[0]), (right, ends[0]), (lefts[1], ends[1]), (lefts[1], -ends[1])]
        axes.add_patch(polygon(fan, FAINT, front + 1, edge=FAINT, alpha=0.5))
        return
    height, width = _face(box, scale)
    base, right = -height / 2 - SLANT[1] * width / 2, lefts[0] + thick[0]
    window = box.window if len(box.window) == 2 else (*box.window, box.shape[0]) if box.window else box.shape[:2]
    tall = min(window[0] / box.shape[0], 1.0)
    wide = min(window[1] / box.shape[1], 1.0) if len(box.shape) == 3 else 1.0
    low, near = (1 - tall) * 0.62, (1 - wide) * 0.62
    corners = [
        (right + SLANT[0] * width * u, base + SLANT[1] * width * u + height * v)
        for u, v in ((near, low), (near + wide, low), (near + wide, low + tall), (near, low + tall))
    ]
    if box.window:
        axes.add_patch(polygon(corners, PAPER, front + 4, edge=INK, alpha=0.85))
    if following.vector:
        half = _half(following, longest)
        targets = [(lefts[1], -half), (lefts[1], -half), (lefts[1], half), (lefts[1], half)]
    else:
        over = _face(following, scale)[1]
        targets = [(lefts[1] + min(thick[1], 0.02) + SLANT[0] * over * 0.15, 0.02 * i) for i in (-1, -1, 1, 1)] if box.window else []
    for (x, y), (to_x, to_y) in zip(corners, targets):
        axes.plot([x, to_x], [y, to_y], color=INK, linewidth=0.55, alpha=0.55, zorder=front + 5, solid_capstyle="round")
