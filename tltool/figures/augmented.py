"""The sheet of augmented photos: what the training will see of a few of its photos, beside each as it is."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tltool.data.rows import Rows
from tltool.data.samples import Samples
from tltool.figures.canvas import MARGIN, SMALL, TINY, WIDTH, named, put_heading, put_picture, put_words, sheet
from tltool.models.augmentation import amounts_of, draw, vary
from tltool.models.views import plan_views, see
from tltool.progress import say
from tltool.specs import Training
from tltool.training.phases import Phase

PHOTOS, VARIED, GAP = 6, 7, 0.08  # rows, columns beside the photo as it is, inches


def draw_augmentation(pixels: Rows, samples: Samples, phases: Sequence[Phase], training: Training, file: Path) -> None:
    """Write to ``file`` how the last of ``phases`` varies a few training photos, from all classes in turn.

    Args:
        pixels: rows as in ``samples``.

    Raises:
        TltoolError: it cannot be written.
    """
    rows, phase = _spread(samples), phases[-1]
    photos = pixels[np.array(rows)]
    variants = vary_photos(photos, samples.table["sha256"].iloc[rows].tolist(), phase, training)
    side = (WIDTH - 2 * MARGIN - VARIED * GAP) / (1 + VARIED)
    with sheet(file, 1.5 + len(rows) * (side + 0.22)) as axes:
        down = put_heading(axes, f"Training photos as {phase.name} sees them", _amounts(phase.augment, training.flip)) + 0.3
        for column, title in enumerate(["as it is", *["varied"] * len(variants)]):
            put_words(axes, title, MARGIN + column * (side + GAP), down - 0.18, SMALL)
        for place, row in enumerate(rows):
            top = down + place * (side + 0.22)
            for column, shown in enumerate([photos, *variants]):
                put_picture(axes, shown[place].round().astype("uint8"), MARGIN + column * (side + GAP), top, side, side)
            put_words(axes, named(", ".join(samples.names[row])), MARGIN, top + side + 0.03, TINY)
    say(f"Drew {file}: {len(rows)} training photos as --augment {phase.augment} varies them.")


def vary_photos(photos: np.ndarray, contents: Sequence[str], phase: Phase, training: Training) -> list[np.ndarray]:
    """Up to ``VARIED`` variants of ``photos`` uint8 RGB [n, size, size, 3], each float32 of the same shape, as ``phase`` draws them: the
    views that a head learns from, or the first epochs."""
    if phase.on_features:
        views = plan_views(phase.views, phase.augment, training.flip, training.seed)[1 : 1 + VARIED]
        return [see(photos, view, contents) for view in views]
    amounts = amounts_of(phase.augment, training.flip)
    return [vary(photos, draw(amounts, photos.shape[1], contents, training.seed, epoch)) for epoch in range(VARIED)]


def _spread(samples: Samples) -> list[int]:
    """Rows of up to ``PHOTOS`` training photos, one of each class in turn."""
    ranked = samples.of("train").table.groupby("label", sort=True).cumcount().to_numpy()
    return samples.rows("train")[np.argsort(ranked, kind="stable")[:PHOTOS]].tolist()


def _amounts(augment: str, flip: bool) -> tuple[str, str]:
    """What the preset may do, in words and units, as two lines."""
    units = {
        "flip": "mirrored left and right",
        "shift": "moved by up to {} %",
        "rotation": "turned by up to {}°",
        "zoom": "{} % nearer or farther",
        "brightness": "{} % brighter or darker",
        "contrast": "{} % more or less contrast",
    }
    words = [units[name].format(amount) for name, amount in amounts_of(augment, flip).items()]
    return f"What --augment {augment} does, drawn anew for every photo and epoch:", f"{', '.join(words) or 'nothing'}."
