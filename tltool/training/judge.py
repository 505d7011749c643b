"""The score of answers on the validation photos after every epoch, where it cannot be taken of what a training step gives; on whole photos
also where the model sees tiles of them."""

import functools
from typing import Any

import keras
import numpy as np

from tltool.data.predictions import predictions_table
from tltool.data.rows import Rows, fit_of
from tltool.data.samples import Samples
from tltool.data.tiled import untiled
from tltool.models.devices.compiling import compiled_or_not
from tltool.task import task_named
from tltool.training.memory import halving


class Judge(keras.callbacks.Callback):
    """Puts the score of what ``judged`` answers, with nothing settled, among the logs of an epoch; whoever reads them comes after it."""

    def __init__(self, judged: keras.Model, pixels: Rows, samples: Samples, batch_size: int) -> None:
        super().__init__()
        self.judged, self.pixels, self.batch_size = judged, pixels, batch_size
        self.task, self.rows, self.held_out = task_named(samples.task), samples.rows("validation"), samples.of("validation")
        self.frames = self.task.labels.frames(samples.labels[self.rows], pixels.shape[1], fit_of(pixels))
        self.photos = samples.whole.of("validation") if samples.whole else self.held_out

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert logs is not None
        logs[f"val_{self.task.measures.SCORE.key}"] = self.score()

    def score(self) -> float:
        outputs, done = [], 0
        while done < len(self.rows):
            part, self.batch_size = halving(functools.partial(self._outputs, done), self.batch_size, "measuring")
            outputs.append(part)
            done += len(part)
        said = predictions_table(self.held_out, np.concatenate(outputs), {}, self.frames)
        answers = self.task.answers.read(untiled(said, self.photos, self.held_out.tiles), self.photos.classes)
        return self.task.measures.score(self.photos.labels, answers, self.photos.classes, **self.photos.saying)

    def _outputs(self, start: int, size: int) -> np.ndarray:
        photos = self.pixels[self.rows[start : start + size]].astype("float32")
        return np.asarray(compiled_or_not(self.judged, lambda: self.judged.predict_on_batch(photos)))
