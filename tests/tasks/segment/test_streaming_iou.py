"""Mean IoU, batch by batch."""

import numpy as np
import pytest
from regions import squares, sure

from tltool.tasks.segment.overlaps import confusion_of, mean_iou, overlaps_of, whole
from tltool.tasks.segment.streaming_iou import StreamingIou


def streamed(true: np.ndarray, logits: np.ndarray, batch: int) -> float:
    metric = StreamingIou(logits.shape[-1], "miou")
    for start in range(0, len(true), batch):
        metric.update_state(true[start : start + batch].astype("float32"), logits[start : start + batch])
    return float(metric.result())


@pytest.mark.parametrize("batch", [1, 3, 7])
def test_it_is_that_of_all_pixels_together_however_they_come(batch: int) -> None:
    true = squares(7, 16, classes=3)
    true[:, :2] = 255
    logits = np.random.default_rng(0).normal(size=(7, 16, 16, 4)).astype("float32")  # of a class that does not occur, too
    overlaps = overlaps_of(np.stack([confusion_of(*pair, 4) for pair in zip(true, logits.argmax(-1).astype(np.uint8))]))
    assert streamed(true, logits, batch) == pytest.approx(mean_iou(whole(overlaps))[0], abs=1e-6)


def test_a_right_map_scores_1_and_none_at_all_0() -> None:
    true = squares(4, 16)
    assert streamed(true, np.log(sure(true)), 2) == 1
    assert streamed(np.full_like(true, 255), np.log(sure(true)), 2) == 0


def test_a_coarse_map_is_enlarged_between_the_middles_of_its_cells() -> None:
    true = np.zeros((1, 8, 8), np.uint8)
    true[:, :, 4:] = 1
    logits = np.log(sure(true[:, ::4, ::4], 2))
    assert streamed(true, logits, 1) == 1
