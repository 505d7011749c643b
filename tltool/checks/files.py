"""What is wrong or odd with the files: unreadable, misnamed, not used, turned by their camera."""

from collections import Counter

from tltool.checks.evidence import Evidence
from tltool.checks.findings import Case, Finding
from tltool.data.reading.files import ending
from tltool.wording import counted

ENDINGS = {
    "JPEG": {".jpg", ".jpeg", ".jpe", ".jfif", ".jif"},
    "PNG": {".png"},
    "GIF": {".gif"},
    "BMP": {".bmp", ".dib"},
    "WEBP": {".webp"},
    "TIFF": {".tif", ".tiff"},
    "AVIF": {".avif", ".avifs"},
}
PHOTOS_OF_CAMERAS = {".heic", ".heif", ".avif", ".jxl", ".jp2", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".raw"}


def unreadable_files(evidence: Evidence) -> Finding:
    faults = evidence.samples.faults
    says = f"{counted(len(faults), 'file')} cannot be used; the first {faults[0].reason}." if faults else "Every photo can be read."
    return Finding(
        "unreadable files",
        "warn" if faults else "ok",
        says,
        [Case((fault.path,), fault.reason) for fault in faults],
        "They are left out of every training; replace them or leave them.",
        cleaned=True,
    )


def unused_files(evidence: Evidence) -> Finding | None:
    ignored = evidence.samples.ignored
    if not ignored:
        return None
    cameras = sum(n for kind, n in ignored.items() if kind in PHOTOS_OF_CAMERAS)
    kinds = ", ".join(f"{n:,} {kind}" for kind, n in sorted(ignored.items(), key=lambda item: (-item[1], item[0])))
    says = f"{counted(sum(ignored.values()), 'file')} of other kinds {'is' if sum(ignored.values()) == 1 else 'are'} not used: {kinds}."
    return Finding(
        "unused files",
        "warn" if cameras else "ok",
        says,
        [],
        "Photos in a camera's own format must be converted first, to JPEG or PNG." if cameras else "",
        facts=dict(ignored),
    )


def wrong_endings(evidence: Evidence) -> Finding:
    formats = evidence.thumbnails.facts["format"].tolist()
    wrong = [(path, kind) for path, kind in zip(evidence.paths, formats) if ending(path) not in ENDINGS.get(kind, {ending(path)})]
    counts = Counter(f"{kind} named {ending(path) or 'without ending'}" for path, kind in wrong)
    says = (
        f"{counted(len(wrong), 'photo')} {'is' if len(wrong) == 1 else 'are'} named for another format "
        f"({', '.join(f'{n:,} {what}' for what, n in counts.most_common(3))}); content decides, so they are read all the same."
        if wrong
        else "Every name fits what is in the file."
    )
    return Finding("wrong endings", "ok", says, [Case((path,), f"holds {kind}") for path, kind in wrong])


def turned_by_exif(evidence: Evidence) -> Finding:
    turned = int((evidence.thumbnails.facts["orientation"] > 1).sum())
    says = (
        f"{counted(turned, 'photo')} {'is' if turned == 1 else 'are'} stored turned, and made upright by the EXIF orientation here and "
        "wherever tltool reads them."
        if turned
        else "No photo is stored turned."
    )
    return Finding("EXIF rotation", "ok", says, facts={"turned": turned})
