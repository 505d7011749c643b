"""Connected pieces of masks, as what is to be beaten."""

import numpy as np
from discs import marked

from tltool.data.annotations.truths import Truth
from tltool.tasks.instances.components import components


def test_there_are_no_more_pieces_than_are_measured_and_those_with_the_highest_scores_first() -> None:
    grid = np.zeros((60, 60), bool)
    grid[::4, ::4] = True  # 225 pixels that touch no other
    upper, lower = grid.copy(), grid.copy()
    upper[30:], lower[:30] = False, False
    pieces = components(Truth(60, 60, (marked(lower, score=0.4), marked(upper, score=0.8))), ["ant"])
    assert len(pieces.boxes) == 100 and {box.score for box in pieces.boxes} == {0.8}
    many = tuple(marked(grid & (np.arange(60) == column), score=0.5) for column in range(0, 60, 4) for _ in range(10))
    assert len(components(Truth(60, 60, many), ["ant"]).boxes) == 150
