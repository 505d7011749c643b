"""Mean IoU as a Keras metric, batch by batch on the square that the model sees."""

from typing import Any

import keras
from keras import ops

from tltool.data.geometry import IGNORED
from tltool.tasks.segment.losses import enlarged


class StreamingIou(keras.metrics.Metric):
    """``overlaps.mean_iou`` of logits [b, h, w, classes], whose probabilities are enlarged (bilinear) as answers are.

    Keras's own MeanIoU takes class indices, which a model does not give, and counts classes that no photo shows.
    """

    def __init__(self, classes: int, name: str) -> None:
        super().__init__(name=name)
        self.classes = classes
        self.confusion = self.add_variable((classes, classes), "zeros", name="confusion")  # pixels of class i that were called j

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch: class indices [b, s, s], ``IGNORED`` where none is known, and logits [b, h, w, classes]. Each photo counts once,
        whatever its weight in the loss."""
        y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
        true = ops.cast(y_true, "int32")
        said = ops.argmax(enlarged(ops.softmax(ops.cast(y_pred, "float32")), y_true.shape[1]), axis=-1)
        pairs = true * self.classes + ops.cast(said, "int32")
        beyond = self.classes**2
        flat = ops.reshape(ops.where(true == IGNORED, beyond, pairs), (-1,))
        found = ops.segment_sum(ops.ones_like(flat), flat, num_segments=beyond + 1)[:beyond]
        self.confusion.assign_add(ops.cast(ops.reshape(found, (self.classes, self.classes)), "float32"))

    def result(self) -> Any:
        """The mean over the classes that occur; 0 where none does."""
        true, said, hits = ops.sum(self.confusion, axis=1), ops.sum(self.confusion, axis=0), ops.diagonal(self.confusion)
        each = hits / ops.maximum(true + said - hits, 1.0)  # 0 for a class that does not occur
        return ops.sum(each) / ops.maximum(ops.sum(ops.cast(true > 0, "float32")), 1.0)

    def get_config(self) -> dict[str, Any]:
        """What it takes to make it again."""
        return {"classes": self.classes, "name": self.name}
