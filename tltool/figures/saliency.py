"""The sheet of where the network looked: for every photo what spoke for its answer, and for the rival of that answer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tltool.figures.canvas import (
    MARGIN,
    SMALL,
    TINY,
    WIDTH,
    fitted,
    named,
    put_caption,
    put_heading,
    put_picture,
    put_scale,
    put_words,
    sheet,
    signed,
    width_of,
)
from tltool.figures.style import COLOURS, FAINT, INK, MUTED
from tltool.inspection.examples import Example
from tltool.inspection.saliency import Saliency
from tltool.models.stack.conv_stack import LUMINANCE
from tltool.wording import counted

SIDE, GAP = 2.0, 0.22  # inches
CAPTION = 0.78  # inches above each photo, and to the next
TRUTH, NUMBER = "  ← the truth", 0.42  # what stands behind a name, and inches of its probability
MOST_CLASSES = 5
FADED = 0.35  # how much of a grey photo's contrast is left under the colours
MOST_INK = 0.85  # opacity of the strongest evidence
EXPLAINED = {
    "cam": "Class activation maps, exact for this head: the places and a bias add up to the class's score, of which the probability "
    "is made.",
    "grad-cam": "Grad-CAM: what each place adds to the class's score, as steeply as the head's hidden layers let it rise at this photo.",
    "occlusion": "Each place is hidden by a square of the photo's mean colour: orange is where hiding lowers the score, blue where it "
    "raises it.",
}
CALLED = {"cam": "class activation maps", "grad-cam": "Grad-CAM maps", "occlusion": "occlusion maps"}


def draw_attention(examples: Sequence[Example], evidence: Sequence[Sequence[Saliency]], file: Path) -> str:
    """Write the sheet to ``file``; returns what it shows, in words."""
    method, step = evidence[0][0].method, SIDE + CAPTION
    with sheet(file, 1.45 + step * len(examples)) as axes:
        lines = EXPLAINED[method], "Orange speaks for the class, blue against it; one scale per photo."
        down = put_heading(axes, "Where it looked", lines) + 0.6
        for row, (example, pair) in enumerate(zip(examples, evidence, strict=True)):
            picture = _draw_row(axes, example, pair, down + row * step)
        bottom = down + len(examples) * step - CAPTION + 0.2
        left = MARGIN + SIDE + GAP
        put_scale(axes, picture, left, bottom, 2 * SIDE + GAP, 0.09)
        put_words(axes, "against the class", left, bottom + 0.13, TINY, MUTED)
        put_words(axes, "for the class", left + 2 * SIDE + GAP, bottom + 0.13, TINY, MUTED, ha="right")
    return f"{CALLED[method]} of {counted(len(examples), 'photo')}"


def _draw_row(axes: Any, example: Example, pair: Sequence[Saliency], top: float) -> Any:
    label, answer = _verdict(example)
    put_words(axes, fitted(label, SIDE), MARGIN, top - 0.36, SMALL, INK, weight="bold", va="bottom")
    put_caption(axes, answer, named(example.path.name, 60), MARGIN, top, SIDE, INK if example.is_right is not False else COLOURS[1])
    put_picture(axes, example.pixels, MARGIN, top, SIDE, SIDE)
    limit = max(float(np.abs(one.heat).max()) for one in pair) or 1.0
    for place, one in enumerate(pair, start=1):
        left = MARGIN + place * (SIDE + GAP)
        put_caption(axes, f"for {named(one.name, 60)}", _told(one), left, top, SIDE)
        put_picture(axes, _faded(example.pixels), left, top, SIDE, SIDE)
        heat = _smooth(one.heat, example.pixels.shape[0]) / limit
        picture = put_picture(
            axes,
            heat,
            left,
            top,
            SIDE,
            SIDE,
            cmap=signed(),
            vmin=-1,
            vmax=1,
            interpolation="bilinear",
            alpha=np.clip(np.abs(heat) * 1.15, 0, 1) * MOST_INK,
        )
    _draw_bars(axes, example, MARGIN + 3 * (SIDE + GAP) + 0.1, top)
    return picture


def _verdict(example: Example) -> tuple[str, str]:
    """What it is, where that is known, and what it was taken for."""
    if example.named is None:
        label, answer = example.label, f"taken for {named(example.said, 60)}"
    else:
        label = None if example.true is None else ", ".join(example.true) or "nothing"
        answer = f"named {named(', '.join(example.named) or 'nothing', 60)}"
    return "" if label is None else named(label, 60), "right" if example.is_right else answer


def _told(evidence: Saliency) -> str:
    if evidence.method != "occlusion":
        rest = "bias" if evidence.method == "cam" else "rest"
        return f"score {evidence.score:.2f} = {evidence.heat.sum():.2f} places {evidence.bias:+.2f} {rest}".replace("-", "−")
    return f"score {evidence.score:.2f}, up to {evidence.heat.max():.2f} less if hidden".replace("-", "−")


def _faded(pixels: np.ndarray) -> np.ndarray:
    """The photo in light grey, float [h, w, 3] of 0…1, so that only the evidence has colour."""
    grey = pixels @ np.array(LUMINANCE) / 255
    return np.repeat((1 - FADED * 1.6 * (1 - grey))[..., None], 3, axis=2).clip(0, 1)


def _smooth(heat: np.ndarray, size: int) -> np.ndarray:
    """``heat`` at [size, size], its places blended linearly."""
    from PIL import Image

    return np.asarray(Image.fromarray(heat.astype("float32"), "F").resize((size, size), Image.Resampling.BICUBIC))


def _draw_bars(axes: Any, example: Example, left: float, top: float) -> None:
    from matplotlib.patches import Rectangle

    scores = dict(zip(example.classes, example.scores.tolist(), strict=True))
    for place, name in enumerate(example.ranked[:MOST_CLASSES]):
        at, wide = top + place * 0.405, WIDTH - MARGIN - left
        truth, weight = TRUTH if name in (example.true or [example.label]) else "", "bold" if place == 0 else "normal"
        room = wide - NUMBER - (width_of(truth, SMALL, weight) + 0.1 if truth else 0)  # the ink of its spaces is not measured
        put_words(axes, fitted(named(name, 60), room, SMALL, weight) + truth, left, at, SMALL, INK, weight=weight)
        put_words(axes, f"{scores[name]:.2f}", left + wide, at, SMALL, MUTED, ha="right")
        axes.add_patch(Rectangle((left, at + 0.19), wide, 0.07, color=FAINT))
        axes.add_patch(Rectangle((left, at + 0.19), wide * scores[name], 0.07, color=COLOURS[1] if place == 0 else COLOURS[7]))
