"""Which phase is kept."""

import numpy as np
import pytest

from tltool.training.state import Outcome, best_of


@pytest.mark.parametrize(
    ("scores", "kept"),
    [
        ((0.8, 0.9), "1"),
        ((0.9, 0.8), "0"),
        ((0.9, 0.9), "1"),
        ((0.5,), "0"),
        ((0.9, float(np.float32(0.9))), "1"),
        ((0.7, float(np.float32(0.7))), "1"),
    ],
)
def test_the_phase_with_the_best_validation_is_kept_and_of_equals_the_later(scores: tuple[float, ...], kept: str) -> None:
    assert best_of([Outcome(str(i), score, [], []) for i, score in enumerate(scores)]).phase == kept
