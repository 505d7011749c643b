"""A sheet measured in inches from its top left corner, on which pictures, words and scales are put."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from warnings import catch_warnings, filterwarnings

import numpy as np

from tltool.atomic import draft
from tltool.errors import TltoolError
from tltool.figures.style import COLOURS, INK, LOOK, MUTED, PAPER, drawing
from tltool.wording import shown

WIDTH, MARGIN = 10.0, 0.35  # inches
LARGE, SMALL, TINY = 15.0, 8.5, 7.0  # points
LEVELS = 64  # of a colour map: no eye sees more, and a sheet stays small
MOST_LETTERS = 26


@contextmanager
def sheet(file: Path, height: float, thin: bool = True) -> Iterator[Any]:
    """Axes over a whole sheet of ``WIDTH`` × ``height`` inches, whose units are inches: x from the left, y from the top. ``file``, a PNG of
    256 colours chosen for it (a third of the bytes of all colours), when the block ends well; nothing when not.

    Args:
        thin: whether colours are chosen. Where a sheet is full of photos that takes ten seconds, and does not become them.

    Raises:
        TltoolError: no room, no leave.
    """
    with catch_warnings(), drawing(file, WIDTH, height) as figure:
        filterwarnings("ignore", message="Glyph")  # a sign that the font has not is drawn as a box
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, WIDTH), ylim=(height, 0), autoscale_on=False)
        axes.set_axis_off()
        yield axes
    if thin:
        _thin_out(file)


def _thin_out(file: Path) -> None:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    facts = PngInfo()
    facts.add_text("Software", "tltool")
    with Image.open(file) as opened, draft(file, TltoolError) as beside:
        drawn = opened.convert("RGB")
        # coverage, then means of what is near: so no rare colour is lost, as the end of a scale
        colours = drawn.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=4, dither=Image.Dither.NONE)
        thin = drawn.quantize(palette=colours, dither=Image.Dither.FLOYDSTEINBERG)
        palette, places = np.reshape(thin.getpalette() or [255] * 3, (-1, 3)), np.array(thin)
        white = np.abs(palette - 255).sum(axis=1).argmin()
        palette[white] = 255  # paper stays paper: the nearest of so many colours need not be white
        places[(np.asarray(drawn) == 255).all(axis=2)] = white
        paper = Image.fromarray(places)
        paper.putpalette(palette.ravel().tolist())
        paper.save(beside, format="PNG", pnginfo=facts)


def bright() -> Any:
    """The colours of numbers from nothing (black) up: magma, which looks evenly spaced, to colour-blind eyes too."""
    from matplotlib import colormaps

    return colormaps["magma"].resampled(LEVELS)


def signed() -> Any:
    """The colours of numbers that speak against (blue), of nothing (white) and for (orange)."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", [COLOURS[0], "#ffffff", COLOURS[1]], N=2 * LEVELS + 1)


def put_picture(axes: Any, pixels: np.ndarray, left: float, top: float, width: float, height: float, **settings: Any) -> Any:
    """``pixels``, [h, w] by a colour map or [h, w, 3], stretched over ``width`` × ``height`` inches with a thin frame."""
    from matplotlib.patches import Rectangle

    settings = {"interpolation": "nearest", "aspect": "auto"} | settings
    picture = axes.imshow(pixels, extent=(left, left + width, top + height, top), **settings)
    axes.add_patch(Rectangle((left, top), width, height, fill=False, edgecolor=INK, linewidth=0.4))
    return picture


def put_frame(axes: Any, left: float, top: float, width: float, height: float) -> None:
    """A frame that stands out from dark and bright pictures alike."""
    from matplotlib.patches import Rectangle

    for colour, thick in ((PAPER, 3.0), (COLOURS[1], 1.5)):
        axes.add_patch(Rectangle((left, top), width, height, fill=False, edgecolor=colour, linewidth=thick))


def put_words(axes: Any, text: str, left: float, top: float, size: float = SMALL, colour: str = INK, **settings: Any) -> Any:
    """``text`` below and to the right of (left, top), exactly as it is: no sign in it is markup."""
    return axes.text(left, top, text, fontsize=size, color=colour, parse_math=False, **{"va": "top", "ha": "left"} | settings)


def put_caption(axes: Any, title: str, below: str, left: float, top: float, within: float, colour: str = INK) -> None:
    """A title and a line of the second rank, both above what begins at (left, top) and ``within`` so many inches."""
    put_words(axes, fitted(title, within), left, top - 0.2, SMALL, colour, weight="bold", va="bottom")
    put_words(axes, fitted(below, within, TINY, "normal"), left, top - 0.05, TINY, MUTED, va="bottom")


def put_heading(axes: Any, title: str, lines: tuple[str, ...], left: float = MARGIN) -> float:
    """A title and lines of the second rank under it; returns how far down they reach."""
    put_words(axes, title, left, 0.28, LARGE, weight="bold")
    for number, line in enumerate(lines):
        put_words(axes, line, left, 0.63 + 0.19 * number, SMALL, MUTED)
    return 0.63 + 0.19 * len(lines)


def put_scale(axes: Any, picture: Any, left: float, top: float, width: float, height: float) -> None:
    """The colours of ``picture`` from its lowest value (below, or left) to its highest, without numbers."""
    ramp = np.linspace(0, 1, 128)
    flat = ramp[None] if width > height else ramp[::-1, None]
    put_picture(axes, flat, left, top, width, height, cmap=picture.get_cmap(), vmin=0, vmax=1)


def named(text: object, most: int = MOST_LETTERS) -> str:
    """A class or file name as it can be drawn: printable, and no longer than ``most`` letters, cut in its middle."""
    text = shown(str(text))
    return text if len(text) <= most else f"{text[: most // 2]}…{text[len(text) - most // 2 + 1 :]}"


def fitted(text: str, within: float, size: float = SMALL, weight: str = "bold") -> str:
    """``text``, of one line that can be drawn, cut in its middle so that it is no wider than ``within`` inches in letters of ``size``."""
    whole, kept = text, len(text)
    while kept > 1 and width_of(text, size, weight) > within:
        kept -= 1
        text = f"{whole[: (kept + 1) // 2]}…{whole[len(whole) - kept // 2 :]}"
    return text


def width_of(text: str, size: float = SMALL, weight: str = "bold") -> float:
    """Inches that ``text`` takes."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties(family=LOOK["font.family"], weight=weight)))
    font.set_size(100, 72)  # at so many dots an inch points are measured; small letters would be rounded to whole ones
    with catch_warnings():
        filterwarnings("ignore", message="Glyph")
        font.set_text(text)
    return float(font.get_width_height()[0]) / 64 * size / 100 / 72
