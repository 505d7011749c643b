"""The header of an AVIF: how many bits its channels have, on which the memory to decode it depends."""

from tltool.data.decoding.header import Header

CONFIGURATION = b"av1C"  # the box of a codec's configuration; there is one for the colours and one for alpha
HIGH, TWELVE = 0x40, 0x20  # bits of its third byte


def inspect_avif(data: bytes) -> Header:
    """The header of an AVIF; the deepest of its configurations counts, wherever it stands."""
    depth, place = 8, data.find(CONFIGURATION)
    while place >= 0:
        flags = data[place + 6 : place + 7]
        if flags and flags[0] & HIGH:
            depth = max(depth, 12 if flags[0] & TWELVE else 10)
        place = data.find(CONFIGURATION, place + 4)
    return Header(data, depth=depth)
