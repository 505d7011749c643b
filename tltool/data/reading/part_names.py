"""What the name of a folder says of it: a part of the photos (``seg_train``, ``Testing``), a heap (``images_1``), a number or a date."""

import re
from collections import defaultdict
from collections.abc import Iterable

SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
PART_WORDS = {**SPLIT_NAMES, "dev": "validation", **{f"{name}set": part for name, part in SPLIT_NAMES.items()}}
PICTURE_WORDS = {"image", "images", "img", "imgs", "photo", "photos", "picture", "pictures", "pic", "pics", "frames", "jpg", "jpeg", "png"}
HEAP_WORDS = PICTURE_WORDS | {"archive", "batch", "data", "dataset", "datasets", "folder", "part", "raw", "samples", "set", "split"}
NOTE_WORDS = {"annotation", "annotations", "bbox", "bboxes", "boxes", "gt", "label", "labels", "mask", "masks"}
UNLABELLED_WORDS = {"inference", "pred", "predict", "prediction", "predictions", "unlabeled", "unlabelled"}

WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_a-zA-Z]+")  # also in trainImages; digits are no words
SERIAL = re.compile(r"[^\W\d_]{0,12}[ _.()-]*\d[\d _.():T-]*")  # 2019-05-01, burst_3, patient12, IMG 004 (2)
WORDNET = re.compile(r"n\d{8}")


def words_of(name: str) -> list[str]:
    """The words in a name, in small letters."""
    return [word.lower() for word in WORD.findall(name)]


def parts_among(names: Iterable[str]) -> dict[str, str]:
    """Those of sibling folders' ``names`` that stand for parts of the photos, each with its part.

    What is said beside the word for the part must be empty or say only that there are pictures (``training_set``, ``test-images``,
    ``train2017``), or must be the same in the name of another part (``seg_train``, ``seg_test``): a ``train_station`` is no part.
    """
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    beside: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for name in names:
        words = words_of(name)
        parts = {PART_WORDS[word] for word in words if word in PART_WORDS}
        if len(parts) == 1:
            part, rest = parts.pop(), tuple(word for word in words if word not in PART_WORDS and word not in HEAP_WORDS)
            found[name] = part, rest
            beside[rest].add(part)
    return {name: part for name, (part, rest) in found.items() if not rest or len(beside[rest]) > 1}


def is_heap(name: str, among: set[str] = HEAP_WORDS) -> bool:
    """Whether a name only says that there are pictures or the like: ``images``, ``Data_2``."""
    words = words_of(name)
    return bool(words) and set(words) <= among


def is_unlabelled(name: str) -> bool:
    """Whether a name says that nobody knows the classes of what is in the folder."""
    return bool(UNLABELLED_WORDS & set(words_of(name)))


def is_serial(name: str) -> bool:
    """Whether a name is that of one in a row, as bursts, days and patients have them: a number, a date, or one word with a number."""
    return bool(SERIAL.fullmatch(name)) and not WORDNET.fullmatch(name)


def are_indices(names: Iterable[str]) -> bool:
    """Whether names are the numbers from 0 up, as classes are counted."""
    return sorted(names, key=lambda name: (len(name), name)) == [str(i) for i, _ in enumerate(names)]
