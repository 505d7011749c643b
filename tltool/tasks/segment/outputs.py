"""Maps of probabilities leave an export as they leave the model."""

from collections.abc import Sequence

from tltool.tasks.classify.outputs import join as join, parts as parts

NAMES = {"probabilities": "Probability of each class in every cell of a map of the photo, row by row."}


def classes(shapes: Sequence[Sequence[int]]) -> int:
    """As many as there are maps."""
    return shapes[0][3] if [*map(len, shapes)] == [4] else 0
