"""Which side of a photo is up, and which part of it becomes the square that the model sees."""

from PIL import Image

from tltool.data.decoding.jpeg import MAX_EXIF_BYTES

Box = tuple[float, float, float, float]  # left, top, right, bottom, in pixels
FITS = ("crop", "pad", "stretch")

# EXIF orientation → the turn that undoes it, and which old margin (left, top, right, bottom) becomes each new one
ORIENTATIONS = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT, (2, 1, 0, 3)),
    3: (Image.Transpose.ROTATE_180, (2, 3, 0, 1)),
    4: (Image.Transpose.FLIP_TOP_BOTTOM, (0, 3, 2, 1)),
    5: (Image.Transpose.TRANSPOSE, (1, 0, 3, 2)),
    6: (Image.Transpose.ROTATE_270, (3, 0, 1, 2)),
    7: (Image.Transpose.TRANSVERSE, (3, 2, 1, 0)),
    8: (Image.Transpose.ROTATE_90, (1, 2, 3, 0)),
}


def orientation_of(photo: Image.Image) -> int:
    """How the camera was held, as EXIF says it, 1…8; 1 where it says nothing, or nothing that can be believed."""
    try:
        if len(photo.info.get("exif", b"")) > MAX_EXIF_BYTES:
            return 1
        value = photo.getexif().get(0x0112, 1)
        return int(value) if value in ORIENTATIONS else 1
    except Exception:  # pixels are fine without their metadata
        return 1


def turned(photo: Image.Image, margins: Box, orientation: int) -> tuple[Image.Image, Box]:
    """A photo as EXIF says it is upright, and the part of it within ``margins``, which are those of the photo as it is stored."""
    turn, order = ORIENTATIONS.get(orientation, (None, (0, 1, 2, 3)))
    upright = photo if turn is None else photo.transpose(turn)
    left, top, right, bottom = (margins[i] for i in order)
    return upright, (left, top, upright.width - right, upright.height - bottom)


def covering(shape: tuple[float, float], size: int, fit: str) -> tuple[int, int]:
    """The smallest (width, height) of a photo of ``shape`` that is not enlarged when it is fitted."""
    if fit != "pad":
        return size, size
    width, height = (max(1, round(size * side / max(shape))) for side in shape)
    return width, height


def fitted(photo: Image.Image, box: Box, size: int, fit: str) -> Image.Image:
    """The part ``box`` of an upright photo as an RGB square of side ``size``."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    if fit == "crop":
        short = min(width, height)
        left, top = left + (width - short) / 2, top + (height - short) / 2
        box, shape = (left, top, left + short, top + short), (size, size)
    elif fit == "pad":
        shape = covering((width, height), size, fit)
    else:
        shape = (size, size)
    small = photo.resize(shape, Image.Resampling.BILINEAR, box=_within(box, photo.size))
    small = small if small.mode == "RGB" else small.convert("RGB")
    if small.size == (size, size):
        return small
    square = Image.new("RGB", (size, size))
    square.paste(small, ((size - small.width) // 2, (size - small.height) // 2))
    return square


def _within(box: Box, shape: tuple[int, int]) -> Box:
    """``box`` without the last bit of rounding that would reach beyond the photo."""
    return max(box[0], 0.0), max(box[1], 0.0), min(box[2], float(shape[0])), min(box[3], float(shape[1]))
