"""What a photo's content says of itself before anything is decoded."""

from typing import NamedTuple


class Header(NamedTuple):
    """What was read of a photo in front of its pixels.

    Attributes:
        content: what Pillow is given: the file, or its part that makes the picture.
        held: bytes that the format's own reader will hold beside the bitmap.
        depth: bits per channel, as stored.
        turns: whether it may have to be turned upright, where that is known before Pillow has opened it.
        white: the number that means white in grey of more than 8 bits, and whether 0 does instead (``is_negative``).
    """

    content: bytes
    held: int = 0
    depth: int = 8
    turns: bool = False
    white: int = 65535
    is_negative: bool = False
