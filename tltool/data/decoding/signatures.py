"""What a file is by its first bytes: a photo of a format that is read here, or a word for what else."""

from PIL import features

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF") + (("AVIF",) if features.check("avif") else ())
_BMP_HEADERS = {n.to_bytes(4, "little") for n in (12, 40, 52, 56, 64, 108, 124)}
_BOXED = {
    b"avi": "an AVIF photo",
    b"hei": "a HEIC photo",
    b"hev": "a HEIC photo",
    b"mif": "a HEIC photo",
    b"crx": "a camera raw file (CR3)",
}
_PICTURES = {
    b"IIRO": "a camera raw file (ORF)",
    b"IIRS": "a camera raw file (ORF)",
    b"MMOR": "a camera raw file (ORF)",
    b"IIU\0": "a camera raw file (RW2)",
    b"FUJIFILMCCD-RAW": "a camera raw file (RAF)",
    b"FOVb": "a camera raw file (X3F)",
    b"\0MRM": "a camera raw file (MRW)",
    b"\xff\x0a": "a JPEG XL photo",
    b"\0\0\0\x0cJXL ": "a JPEG XL photo",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 photo",
    b"8BPS": "a Photoshop document",
}


def sniff(head: bytes) -> str:
    """The format, one of ``FORMATS``, that a file's first 32 bytes announce; ``""`` for anything else."""
    found = ""
    if head.startswith(b"\xff\xd8\xff"):
        found = "JPEG"
    elif head.startswith(b"\x89PNG\r\n\x1a\n"):
        found = "PNG"
    elif head.startswith((b"GIF87a", b"GIF89a")):
        found = "GIF"
    elif head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        found = "WEBP"
    elif head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        found = "TIFF"
    elif head.startswith(b"BM") and head[14:18] in _BMP_HEADERS:
        found = "BMP"
    elif head[4:12] in (b"ftypavif", b"ftypavis"):
        found = "AVIF"
    return found if found in FORMATS else ""


def foreign_kind(head: bytes) -> str:
    """A word or two for a file that is no photo, from its first bytes, and what to do where that helps."""
    if head[4:8] == b"ftyp":
        return f"{_BOXED.get(head[8:11], 'a video')}, which is not supported; export it as JPEG"
    for start, kind in _PICTURES.items():
        if head.startswith(start):
            return f"{kind}, which is not supported; export it as JPEG"
    for start, kind in {b"<": "HTML or XML text", b"%PDF": "a PDF document", b"PK\x03\x04": "a zip archive"}.items():
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(start):
            return f"{kind}, not a photo"
    return f"not a photo in a supported format ({', '.join(FORMATS)})"
