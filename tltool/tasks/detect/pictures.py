"""Boxes drawn on their photo: answers with a full line, class and score, and beside them what is true with a dashed one."""

from collections.abc import Iterator, Sequence

from PIL import Image, ImageDraw, ImageFont

from tltool.data.annotations.cells import parse
from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.figures.palette import hues as hues
from tltool.figures.style import INK, PAPER
from tltool.task import Choice
from tltool.wording import shown as printable

LINE, LETTER = 0.005, 0.03  # of the photo's mean side
DASH = 4  # line widths

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

MASKS = False
KEY = "Full lines with a score: answers. Dashed: what is true."


def shown(cell: str, chosen: Sequence[Choice]) -> Truth:
    """The boxes that were chosen."""
    whole = parse(cell)
    return Truth(whole.width, whole.height, tuple(Instance(Box.of(label, place, score=score)) for label, score, place in chosen))


def draw(photo: Image.Image, answer: Truth, classes: Sequence[str], truth: Truth | None = None) -> Image.Image:
    """A copy of ``photo``, RGB, with the boxes of ``answer`` on it, those of low scores behind; dashed, those of the ``truth``."""
    picture = photo.convert("RGB")
    canvas, side = ImageDraw.Draw(picture), (photo.width * photo.height) ** 0.5
    line, font = max(1, round(LINE * side)), ImageFont.load_default(max(8, round(LETTER * side)))
    colours = dict(hues(classes))
    boxes = sorted(answer.boxes, key=lambda box: box.score)
    for box in boxes:
        canvas.rectangle(_ordered(box), outline=colours.get(box.label, INK), width=line)
    for box in truth.boxes if truth else ():
        for start, end in _dashes(_ordered(box), DASH * line):
            canvas.line((*start, *end), PAPER, 2 * line)
            canvas.line((*start, *end), colours.get(box.label, INK), line)
    for box in boxes:
        tag(canvas, picture.size, box, colours.get(box.label, INK), font, line)
    return picture


def mark(photo: Image.Image, truth: Truth, classes: Sequence[str]) -> Image.Image:
    """Boxes in the colours of their classes, on a rim of paper; a crowd's is dashed."""
    picture, colours = photo.convert("RGB").copy(), dict(hues(classes))
    canvas, wide, high = ImageDraw.Draw(picture), photo.width / truth.width, photo.height / truth.height
    for box in sorted(truth.boxes, key=lambda box: -box.area):
        left, top, right, bottom = _ordered(box)
        sides = (left * wide, top * high, max(left * wide, right * wide - 1), max(top * high, bottom * high - 1))
        for ink, thick in ((PAPER, 4), (colours.get(box.label, INK), 2)):
            if box.crowd:
                for start, end in _dashes(sides, DASH):
                    canvas.line((*start, *end), ink, thick)
            else:
                canvas.rectangle(sides, outline=ink, width=thick)
    return picture


def tag(canvas: ImageDraw.ImageDraw, room: tuple[int, int], box: Box, hue: str, font: Font, line: int) -> None:
    """Class and score above the box, or within it where there is no room above; never beyond the photo's rim."""
    text = printable(box.label) + (f" {box.score:.2f}" if box.score < 1 else "")
    left, top, *_ = _ordered(box)
    _, _, width, height = canvas.textbbox((0, 0), text, font)
    wide, high = width + 2 * line, height + 2 * line
    x = max(0, min(left, room[0] - wide))
    y = max(0, min(top - high if top >= high else top, room[1] - high))
    canvas.rectangle((x, y, x + wide, y + high), fill=hue)
    canvas.text((x + line, y + line), text, _readable(hue), font)


def _readable(hue: str) -> str:
    """Dark letters on light ground, and the other way round (relative luminance, ITU-R BT.709)."""
    red, green, blue = (int(hue[place : place + 2], 16) for place in (1, 3, 5))
    return INK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 110 else PAPER


def _ordered(box: Box) -> tuple[float, float, float, float]:
    """Left, top, right and bottom, also where labels have them the other way round."""
    return min(box.left, box.right), min(box.top, box.bottom), max(box.left, box.right), max(box.top, box.bottom)


def _dashes(corners: tuple[float, float, float, float], length: float) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """Pieces of the four sides, each of ``length`` with as much room behind it."""
    left, top, right, bottom = corners
    for (x, y), (to_x, to_y) in (
        ((left, top), (right, top)),
        ((right, top), (right, bottom)),
        ((right, bottom), (left, bottom)),
        ((left, bottom), (left, top)),
    ):
        far = abs(to_x - x) + abs(to_y - y)
        steps = max(1, round(far / (2 * length)))
        for step in range(steps):
            start, end = step / steps, (step + 0.5) / steps
            yield (x + (to_x - x) * start, y + (to_y - y) * start), (x + (to_x - x) * end, y + (to_y - y) * end)
