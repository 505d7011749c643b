"""What a user says of the points that labels name, held against their names."""

from collections.abc import Sequence
from dataclasses import replace

from tltool.data.samples import Samples
from tltool.errors import SpecError
from tltool.progress import warn
from tltool.task import task_named


def say_of_points(samples: Samples, normalise_by: Sequence[str] | None, flip_pairs: Sequence[str] | None) -> Samples:
    """``samples`` that know which two points errors are told by, and which ones change places in a mirror.

    Args:
        flip_pairs: each as LEFT:RIGHT.

    Raises:
        SpecError: labels are no named points, or name no such point.
    """
    pairs = None if flip_pairs is None else [name for pair in flip_pairs for name in pair.split(":")]
    for flag, named in (("--normalise-by", normalise_by), ("--flip-pairs", pairs)):
        if named is not None and not task_named(samples.task).labels.POINTED:
            raise SpecError(f"{flag} must go with named points, --task landmarks. Received: --task {samples.task}.")
        if unknown := [name for name in named or () if name not in samples.classes]:
            raise SpecError(f"{flag} must name points of the photos: {', '.join(samples.classes)}. Received: {unknown[0]}.")
    said = {"normaliser": normalise_by, "flip_pairs": flip_pairs}
    told = replace(samples, given={**samples.given, **{key: dict.fromkeys(wishes, 1.0) for key, wishes in said.items() if wishes}})
    if flip_pairs and not told.may_flip:
        warn("--flip-pairs leave a point of one side without its partner, so photos are not mirrored in training. Name every pair.")
    return told
