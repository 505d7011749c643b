"""Pascal VOC: one XML for each photo, with boxes (http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf, section 6).

VOC counts pixels from 1 and includes the last: a box over the whole photo is 1, 1, width, height. Programs that write VOC without reading
that count from 0; where any box of a folder begins at 0, all of it is read as places from the corner, as in COCO. An XML without an object
says that the photo shows none; a photo without an XML was forgotten, and is left out. ``difficult`` objects count as the others do.
"""

import os
from collections.abc import Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from tltool.data.annotations.annotated import Labels
from tltool.data.annotations.fields import NO_PHOTO, Unusable, name, number
from tltool.data.annotations.photos import Finder, Photo
from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.data.annotations.turning import turned
from tltool.data.geometry import turn
from tltool.data.samples import Fault
from tltool.reading import read_bytes

LARGEST = 4 << 20  # bytes of one XML
SIDES = ("xmin", "ymin", "xmax", "ymax")


class _Sheet(NamedTuple):
    """What one XML says."""

    photo: Photo
    orientation: int  # of its boxes
    boxes: list[Box]  # as they are written


def read_voc(files: Sequence[str], photos: dict[str, Photo], finder: Finder) -> Labels:
    """The labels in some XMLs."""
    sheets: dict[str, _Sheet] = {}
    faults = []
    for file in files:
        path = finder.stemmed(os.path.basename(file), file)
        try:
            root = _root(file)
            path = path or finder.named((root.findtext("filename") or "").strip(), file)
            if path is None:
                raise Unusable(NO_PHOTO)
            if path in sheets:
                raise Unusable("tells of a photo that another tells of; the first labels count")
            sheets[path] = _sheet(root, photos[path])
        except Unusable as error:
            faults.append(Fault(path, f"has labels in {os.path.basename(file)}, which {error}") if path else Fault(file, str(error)))
    first = 0 if any(0 in (box.left, box.top) for sheet in sheets.values() for box in sheet.boxes) else 1
    truths = {path: _truth(sheet, first) for path, sheet in sheets.items()}
    classes = sorted({box.label for sheet in sheets.values() for box in sheet.boxes})
    return Labels(truths, classes, faults)


def parse_xml(content: bytes) -> Element:
    """The root of an XML that declares nothing: what other files or entities there are is neither read nor unfolded.

    Raises:
        Unusable: it declares something, or is no XML.
    """
    builder, parser = TreeBuilder(), expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = builder.start, builder.end, builder.data
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(content, True)
        return builder.close()
    except Unusable:
        raise
    except (expat.ExpatError, ValueError, LookupError, AssertionError) as error:
        raise Unusable(f"is no XML: {error}") from None


def _refuse(*declared: object) -> None:
    raise Unusable("declares a DOCTYPE, which labels have no need of")


def _root(file: str) -> Element:
    try:
        root = parse_xml(read_bytes(file, LARGEST))
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror or error}") from None
    if root.tag != "annotation":
        raise Unusable(f"is no Pascal VOC: it begins with {root.tag!r}, not with 'annotation'")
    return root


def _sheet(root: Element, photo: Photo) -> _Sheet:
    return _Sheet(photo, _orientation(root, photo), [_box(element) for element in root.iterfind("object")])


def _orientation(root: Element, photo: Photo) -> int:
    """Of the boxes, by the size that the XML says; one of 0 × 0 says nothing."""
    width, height = (number(root.findtext(f"size/{side}") or "0", f"a {side}") for side in ("width", "height"))
    if not width or not height:
        return 1
    if (orientation := photo.orientation_of(width, height)) is None:
        raise Unusable(f"is of a picture of {width:g} × {height:g} pixels, and its photo has {photo.width} × {photo.height}")
    return orientation


def _box(element: Element) -> Box:
    if element.find("robndbox") is not None:
        raise Unusable("has a rotated box; save it as an upright one")
    label = name(element.findtext("name"), "an object")
    return Box.of(label, [number(element.findtext(f"bndbox/{side}"), f"a box with a {side}") for side in SIDES])


def _truth(sheet: _Sheet, first: int) -> Truth:
    """``first`` is the number of the first pixel."""
    photo = sheet.photo
    objects = [Instance(box._replace(left=box.left - first, top=box.top - first)) for box in sheet.boxes]
    if sheet.orientation != 1:
        objects = turned(objects, turn(photo.stored, sheet.orientation), *photo.stored)
    return Truth(photo.width, photo.height, tuple(objects))
