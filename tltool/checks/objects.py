"""Whether objects are large enough for the square that the model will see."""

import numpy as np

from tltool.checks.evidence import Evidence
from tltool.checks.findings import Case, Finding
from tltool.data.annotations.truths import Box
from tltool.data.samples import Samples
from tltool.data.tiles import magnified
from tltool.progress import warn
from tltool.specs.photos import FEWEST_TILES, MOST_TILES
from tltool.task import task_named
from tltool.wording import counted

SMALLEST = 8.0  # pixels of the square a side: two cells of the map that a head stands on
KEPT = 0.9  # of an object's area
MANY = 0.05  # share of the objects
SIZES = (224, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 2048)


def small_objects(evidence: Evidence) -> Finding | None:
    """Objects whose shorter side has fewer than ``SMALLEST`` pixels in the square, with borders around the photo."""
    if evidence.size is None:
        return None
    shares, rows = _shorter_sides(evidence)
    shares = shares * magnified(evidence.tiles or 1)
    small = shares * evidence.size < SMALLEST
    if not len(shares):
        return None
    says = (
        f"{small.mean():.0%} of {counted(len(shares), 'object')} have fewer than {SMALLEST:g} of the {evidence.size} pixels that the model "
        f"will see{_better(shares, evidence)}."
        if small.mean() > MANY
        else f"Most of {counted(len(shares), 'object')} have at least {SMALLEST:g} of the {evidence.size} pixels that the model will see."
    )
    order = np.argsort(shares, kind="stable")
    worst = [place for place in order[:100] if small[place]] if small.mean() > MANY else []
    return Finding(
        "small objects",
        "warn" if worst else "ok",
        says,
        [Case((evidence.paths[rows[place]],), f"has one of {shares[place] * evidence.size:.1f} pixels") for place in worst],
        "What is so small is seldom found. Choose a larger --size, or cut the photos into pieces, as --tiles does.",
        facts={"share": round(float(small.mean()), 4)},
    )


def warn_of_cut(samples: Samples, fit: str) -> None:
    """Say so where the square leaves out more than a tenth of objects."""
    if not samples.is_located or fit != "crop":
        return
    boxes = [(truth, box) for truth in samples.labels for box in truth.boxes if box.area]
    cut = sum(_within_centre(truth.width, truth.height, box) < KEPT * box.area for truth, box in boxes)
    if cut:
        what = f"{cut} of {counted(len(boxes), 'object')}"
        warn(f"--fit crop cuts more than a tenth off {what}: only the centre of a photo is seen. With --fit pad all of them are.")


def _within_centre(width: int, height: int, box: Box) -> float:
    """How much of a box lies in the square in the middle of its photo, in pixels."""
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    wide = min(box.right, left + side) - max(box.left, left)
    high = min(box.bottom, top + side) - max(box.top, top)
    return max(wide, 0.0) * max(high, 0.0)


def _shorter_sides(evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Of every object its shorter side as a share of the photo's longer one, float64 [n], and the row of its photo, int [n]."""
    found = [
        (min(abs(box.right - box.left), abs(box.bottom - box.top)) / max(truth.width, truth.height), row)
        for row, truth in enumerate(evidence.samples.labels)
        for box in truth.boxes
        if not box.crowd
    ]
    return np.array([share for share, _ in found]), np.array([row for _, row in found], int)


def _better(shares: np.ndarray, evidence: Evidence) -> str:
    """The smallest size in use with which few are small, and the fewest tiles where the task knows them and there are none yet."""
    size, may_cut = evidence.size or 0, task_named(evidence.samples.task).answers.TILED and not evidence.tiles
    sizes = {f"--size {side}": float(side) for side in SIZES if side > size}
    cuts = {f"--tiles {across}": size * magnified(across) for across in range(FEWEST_TILES, MOST_TILES + 1)}
    said = ""
    for ways in (sizes, *[cuts] * may_cut):
        small = ((way, (shares * side < SMALLEST).mean()) for way, side in ways.items())
        said += next((f"; with {way} it would be {share:.0%}" for way, share in small if share <= MANY), "")
    return said
