"""Which photo a mask is of, by its name: the same one, or with words at the end, as ``a_L.png`` has them, and ``b_gtFine_labelIds.png`` of
``b_leftImg8bit.png``."""

import re
from collections.abc import Iterator

MASK_ENDINGS = {"gt", "gtcoarse", "gtfine", "groundtruth", "l", "label", "labelids", "labels", "labeltrainids", "lbl", "mask", "masks"} | {
    "seg",
    "segmentation",
    "target",
    "trimap",
}
OTHER_ENDINGS = {"color", "colors", "colour", "instance", "instanceids", "instances"}  # of pictures for people, and of objects
PHOTO_ENDINGS = ("leftimg8bit", "sat", "image", "img", "rgb")
WORD = re.compile(r"(.+)[_\-. ]([^_\-. ]+)", re.DOTALL)


def photo_stems(stem: str) -> Iterator[str]:
    """What the photo of a mask may be called, the likeliest first, in small letters."""
    base = stem.lower()
    while True:
        yield base
        yield from (f"{base}_{ending}" for ending in PHOTO_ENDINGS)
        found = WORD.fullmatch(base)
        if not found or found[2] not in MASK_ENDINGS | OTHER_ENDINGS:
            return
        base = found[1]


def rank(stem: str) -> int:
    """Of several masks of one photo, which comes first: 0 for the classes that are to be learned, 2 for what is no class map."""
    found = WORD.fullmatch(stem.lower())
    last = found[2] if found else ""
    return 0 if last == "labeltrainids" else 2 if last in OTHER_ENDINGS else 1
