"""The check of a set of photos: every finding, one after the other, and its quick form in front of a training."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tltool.checks.classes import class_names, classes, small_classes
from tltool.checks.copies import exact_duplicates, leaks, near_duplicates, two_labels
from tltool.checks.evidence import Evidence
from tltool.checks.files import turned_by_exif, unreadable_files, unused_files, wrong_endings
from tltool.checks.findings import VERDICTS, Checks, Finding
from tltool.checks.labels import label_oddities
from tltool.checks.masks import masks
from tltool.checks.objects import warn_of_cut
from tltool.checks.photos import grey_photos, label_doubts, odd_shapes, odd_sizes, small_photos
from tltool.checks.pixels import blank_photos, damaged_photos, flat_photos, invisible_photos, unscaled_photos
from tltool.data.duplicates.near import Group, find_near_duplicates
from tltool.data.samples import Samples
from tltool.data.thumbnails import Thumbnails, make_thumbnails
from tltool.errors import DataError
from tltool.progress import say, warn
from tltool.task import task_named
from tltool.wording import counted

if TYPE_CHECKING:
    from tltool.data.label_errors import Doubt

Check = Callable[[Evidence], Finding | None]
TOLD_ELSEWHERE = ("unreadable files", "unused files", "leaks")  # in front of a training, by reading and by dividing the photos
OF_ANY: tuple[Check, ...] = (  # in the order in which equally grave ones are told, with those of the task in between
    classes,
    two_labels,
    leaks,
    label_doubts,
    unreadable_files,
    damaged_photos,
    masks,
    unscaled_photos,
    flat_photos,
    invisible_photos,
    exact_duplicates,
    near_duplicates,
    class_names,
    small_classes,
)
OF_PHOTOS: tuple[Check, ...] = (blank_photos, odd_shapes, small_photos, odd_sizes, grey_photos, turned_by_exif, wrong_endings, unused_files)


def check_photos(
    samples: Samples,
    thumbnails: Thumbnails,
    alike: Sequence[Group],
    doubts: "Sequence[Doubt] | None" = None,
    size: int | None = None,
    source: Any = None,
    strict: bool = False,
    tiles: int | None = None,
) -> Checks:
    """Everything there is to say about ``samples``, the gravest first. Nothing is read from the disk.

    Args:
        looks: row i for photo i, from ``looks.look_at``.
        alike: exact and near-duplicates, from ``likeness.find_alike``.
        doubts: from ``doubts.find_doubts``; None leaves the finding out.
        size: side in pixels of the square that the model will see; None leaves the finding out.
        source: what was checked, for the next command; strict: whether warnings fail the check.
        tiles: how many a side of a photo become that square, too.
    """
    evidence = Evidence(samples, thumbnails, alike, doubts, size, tiles)
    findings = [finding for find in checks_for(samples.task) if (finding := find(evidence)) is not None]
    findings += label_oddities(samples)
    findings.sort(key=lambda finding: -VERDICTS.index(finding.verdict))
    return Checks(len(samples), len(evidence.counts), findings, source, strict)


def checks_for(task: str) -> tuple[Check, ...]:
    """Everything that is looked for among photos labelled for ``task``."""
    return (*OF_ANY, *task_named(task).checks.CHECKS, *OF_PHOTOS)


def look_over(samples: Samples, size: int, fit: str, source: Any, tiles: int | None = None) -> list[list[int]]:
    """The quick form of the check, in front of a training: ``warn_of_findings``, and the rows that show the same picture.

    Args:
        samples: photos that decode, as ``decode_once`` leaves them.
        size, fit: side in pixels of the square that the model will see, and how a photo becomes that.
        tiles: how many a side of a photo become such a square, too.

    Raises:
        DataError: training would fail or mislead badly, or photos changed since they were decoded.
    """
    kept, thumbnails = make_thumbnails(samples)
    if len(kept) < len(samples):
        raise DataError(f"The photos must stay as they are while they are read. Received: {kept.faults[-1]}. Start again.")
    alike = find_near_duplicates(thumbnails.pixels)
    warn_of_cut(samples, fit)
    warn_of_findings(check_photos(samples, thumbnails, alike, size=size, source=source, tiles=tiles))
    return [group.rows for group in alike]


def warn_of_findings(audit: Checks) -> None:
    """One line about the photos, and one more for each thing that a user should know before a training.

    What reading and dividing the photos say themselves (files left out, leaks) is not said twice.

    Raises:
        DataError: training would fail or mislead badly.
    """
    briefs = [finding.brief for finding in audit.findings if finding.brief]
    say(f"Checked {counted(audit.photos, 'photo')}{': ' if briefs else '.'}{', '.join(briefs)}")
    for finding in audit.of("warn"):
        if finding.name not in TOLD_ELSEWHERE:
            warn(f"{finding.name}: {finding.says}")
    if stops := audit.of("stop"):
        raise DataError(
            "The photos must be fit to train on. Received: "
            + " ".join(f"{stop.name}: {stop.says}" for stop in stops)
            + f" To see them: tltool check {audit.named} --report check.html"
        )
    if audit.verdict == "warn":
        say(f"To see the photos: tltool check {audit.named} --report check.html")
