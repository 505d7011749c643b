"""Photos as small pictures within a page, with what is true and what was said drawn on them; and what became of those that cannot be."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from tltool.data.decoding.decoder import decode, decode_framed, read_photo
from tltool.errors import DataError
from tltool.pages.answered import Photo
from tltool.progress import track
from tltool.task import Task
from tltool.threads import in_order
from tltool.wording import shown

LARGEST = 480  # pixels of the longer side of a picture that is kept to be made smaller


class Kept(NamedTuple):
    """A photo as it is drawn, or why there is no picture of it: it is gone, or has changed."""

    picture: Image.Image | None
    lost: str = ""


class Exhibit(NamedTuple):
    """What a page shows of a photo.

    Attributes:
        link: to its file, where it lies on the same machine.
        score: of the answer, for people.
        data: its picture as an address; ``""`` for none, and then ``lost`` says why where there should be one.
        width, height: of the picture, in pixels.
    """

    name: str
    path: str
    link: str
    label: str
    said: str
    score: str
    data: str = ""
    width: int = 0
    height: int = 0
    lost: str = ""

    @property
    def alt(self) -> str:
        """The picture in words."""
        return f"{self.name}: {self.label}, answered {self.said}" if self.label else f"{self.name}: answer of {self.score}"


def draw_photos(photos: Sequence[Photo], task: Task, classes: Sequence[str]) -> dict[str, Kept]:
    """``photos`` by path, each decoded once, on all cores."""
    distinct = list({photo.path: photo for photo in photos}.values())
    draw: Callable[[Photo], Kept] = lambda photo: _draw(photo, task, classes)  # noqa: E731
    drawn = track(in_order(draw, distinct, ahead=32), "drawing photos", len(distinct))
    return {photo.path: kept for photo, kept in zip(distinct, drawn, strict=True)}


def exhibit(photo: Photo, kept: Mapping[str, Kept], side: int) -> Exhibit:
    """``photo`` with its picture of ``side`` pixels at most, where there is one among ``kept``."""
    its = kept.get(photo.path, Kept(None))
    located = photo.truth is not None
    words = ("", "") if located else (shown(photo.label), shown(photo.said) or "nothing")
    score = f"{photo.goodness:.2f}" if located else "" if photo.lead is None else f"{photo.lead:.2f}"
    plain = Exhibit(shown(Path(photo.path).name), shown(photo.path), _link(photo.path), *words, score, lost=its.lost)
    if its.picture is None:
        return plain
    picture = its.picture.copy()
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return plain._replace(data=_as_jpeg(picture), width=picture.width, height=picture.height)


def _draw(photo: Photo, task: Task, classes: Sequence[str]) -> Kept:
    try:
        content = read_photo(photo.path)
        if photo.sha256 and hashlib.sha256(content).hexdigest() != photo.sha256:
            return Kept(None, "changed since")
        return Kept(_located(photo, task, classes) if photo.truth is not None else _whole(photo.path))
    except DataError:
        return Kept(None, "changed since" if Path(photo.path).is_file() else "no longer there")


def _located(photo: Photo, task: Task, classes: Sequence[str]) -> Image.Image:
    """With the answer drawn on it beside what is true.

    Raises:
        DataError: it, or its mask, cannot be read as it was.
    """
    picture = Image.fromarray(decode(photo.path))
    if photo.truth is None or picture.size != (photo.truth.width, photo.truth.height):
        raise DataError("has another size")
    drawn = task.pictures.draw(picture, photo.answer, classes, photo.truth)
    drawn.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    return drawn


def _whole(path: str) -> Image.Image:
    pixels, frame = decode_framed(path, LARGEST, "pad")
    long = max(frame.width, frame.height)
    width, height = (max(1, round(LARGEST * side / long)) for side in (frame.width, frame.height))
    left, top = (LARGEST - width) // 2, (LARGEST - height) // 2
    return Image.fromarray(np.ascontiguousarray(pixels[top : top + height, left : left + width]))


def _as_jpeg(picture: Image.Image, quality: int = 74) -> str:
    file = BytesIO()
    picture.save(file, "JPEG", quality=quality, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def _link(path: str) -> str:
    try:
        return Path(path).as_uri()
    except ValueError:  # not from the root
        return ""
