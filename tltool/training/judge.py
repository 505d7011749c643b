"""The score of answers on the validation photos after every epoch, where it cannot be taken of what a training step gives."""

from typing import Any

import keras
import numpy as np

from tltool.data.predictions import predictions_table
from tltool.data.rows import Rows, fit_of
from tltool.data.samples import Samples
from tltool.models.devices.compiling import compiled_or_not
from tltool.task import task_named

BATCH = 32


class Judge(keras.callbacks.Callback):
    """Puts the score of what ``judged`` answers, with nothing settled, among the logs of an epoch; whoever reads them comes after it."""

    def __init__(self, judged: keras.Model, pixels: Rows, samples: Samples) -> None:
        super().__init__()
        self.judged, self.pixels, self.samples = judged, pixels, samples
        self.task, self.rows = task_named(samples.task), samples.rows("validation")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert logs is not None
        logs[f"val_{self.task.measures.SCORE.key}"] = self.score()

    def score(self) -> float:
        labels = self.samples.labels[self.rows]
        frames = self.task.labels.frames(labels, self.pixels.shape[1], fit_of(self.pixels))
        outputs = np.concatenate([self._outputs(self.rows[start : start + BATCH]) for start in range(0, len(self.rows), BATCH)])
        said = predictions_table(self.samples.of("validation"), outputs, {}, frames)
        return self.task.measures.score(labels, self.task.answers.read(said, self.samples.classes), self.samples.classes)

    def _outputs(self, rows: np.ndarray) -> np.ndarray:
        photos = self.pixels[rows].astype("float32")
        return np.asarray(compiled_or_not(self.judged, lambda: self.judged.predict_on_batch(photos)))
