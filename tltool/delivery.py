"""The parts of a task that are asked for by what leaves tltool: exports, and how far they answer like the model; pictures, and charts."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import keras
    import numpy as np
    from PIL import Image

    from tltool.chart import Chart
    from tltool.parity import Parity
    from tltool.progress import Table


class Outputs(Protocol):
    """A model's outputs as they leave an export: one tensor, or several where each must have a scale of its own in whole numbers."""

    @property
    def NAMES(self) -> Mapping[str, str]:
        """What the tensors are called, in the order of the alphabet, and what each holds, as a sentence for whoever calls an export."""

    def parts(self, model: "keras.Model") -> list[Any]:
        """The symbolic tensors of ``model``, in the order of ``NAMES``."""

    def join(self, arrays: "Sequence[np.ndarray]") -> "np.ndarray":
        """What they hold, float32 [n, …] each → outputs [n, …] as ``model`` gives them."""

    def classes(self, shapes: Sequence[Sequence[int]]) -> int:
        """How many classes tensors of these shapes [n, …] tell apart; 0 where they are not those of such a model."""


class Exporting(Protocol):
    """What an export says of itself, and how far it answers like the model it came from."""

    @property
    def MEANING(self) -> str:
        """What the scores are, for whoever calls the model."""

    @property
    def CALIBRATES(self) -> bool:
        """Whether a curve of calibration goes with the scores; not where thresholds hold for the scores as they are."""

    @property
    def SAME(self) -> float:
        """The share of photos whose answer stays the same in whatever computes in float, but for rounding."""

    @property
    def ROOM(self) -> tuple[float, float]:
        """How far ``apart`` two answers of one file may be that are both right: where it computes in float, and where with whole numbers.
        This, and what it is measured in, is there where labels are ``ANNOTATED``."""

    @property
    def UNIT(self) -> str:
        """What ``apart`` counts, for people."""

    def apart(self, expected: Any, found: Any, settled: Mapping[str, Any]) -> float:
        """How far two answers about a photo are from one another; what either may say and leave out is no distance.

        Args:
            expected, found: what is drawn of them, see ``Drawing.shown``.
        """

    @property
    def TEMPLATES(self) -> tuple[str, ...]:
        """The packages whose ``templates/`` are taken before those of ``exports/bundle``, the first before others."""

    @property
    def MEDIAPIPE(self) -> str:
        """The class of MediaPipe's vision tasks that opens its .tflite files: ``ImageClassifier``, ``ObjectDetector``, ``ImageSegmenter``;
        ``""`` where none does."""

    @property
    def CALLER(self) -> str:
        """What the class in Kotlin and Swift is called that asks an export, see ``runs.contents.CALLERS``; so is its template."""

    def leads(self, outputs: "np.ndarray", classes: Sequence[str], settled: Mapping[str, Any]) -> "np.ndarray":
        """By how much the outputs [n, …] of each photo are away from another answer, float [n], 0…1."""

    def answer_in(self, tf: Any, probabilities: Any, classes: Sequence[str], settled: Mapping[str, Any]) -> Any:
        """``answers.said`` as TensorFlow operations: a tensor float32 [n, classes] → string [n]. Not where labels are ``ANNOTATED``: their
        answers are more than one string, and of a photo whose size the model does not know."""

    def compare(
        self,
        reference: "np.ndarray",
        exported: "np.ndarray",
        labels: "np.ndarray",
        photos: Sequence[str],
        classes: Sequence[str],
        settled: Mapping[str, Any],
        frames: Sequence[Any] = (),
    ) -> "Parity":
        """Outputs [n, …] of two models on the same photos, whose encoded labels are ``labels``.

        Args:
            photos: what they are called.
            frames: where each lies in the square, as ``labels.frames`` says.

        Raises:
            ExportError: shapes that differ, no photos, or scores that are not numbers.
        """


class Drawing(Protocol):
    """Answers as pictures, where they lie somewhere in a photo; both they and what is true are ``data.annotations.truths.Truth``."""

    @property
    def MASKS(self) -> bool:
        """Whether answers are masks, which ``mask_of`` then makes."""

    @property
    def KEY(self) -> str:
        """For people: how an answer and what is true are told apart where both are drawn."""

    def mask_of(self, answer: Any, classes: Sequence[str]) -> "Image.Image":
        """A class for every pixel of the photo, as a picture with a palette."""

    def shown(self, cell: str, chosen: Sequence[Any]) -> Any:
        """What of an answer is drawn.

        Args:
            chosen: from ``answers.choose``.
        """

    def hues(self, classes: Sequence[str]) -> list[tuple[str, str]]:
        """The classes, or points, that ``mark`` draws, and the colours that it draws them in, ``#rrggbb``."""

    def mark(self, photo: "Image.Image", truth: Any, classes: Sequence[str]) -> "Image.Image":
        """A copy of a ``photo`` that may be smaller than the ``truth`` says, with what is true drawn on it in the colours of
        ``hues``, and no words.

        Raises:
            DataError: the mask of the truth is gone, or has changed.
        """

    def draw(self, photo: "Image.Image", answer: Any, classes: Sequence[str], truth: Any = None) -> "Image.Image":
        """An upright ``photo`` with ``answer`` drawn on it, RGB, and with the ``truth`` where it is known."""


class Charting(Protocol):
    """How good answers are, for the eye. Labels, answers and the rest are as ``measuring.Measuring`` takes them."""

    def chart(
        self, labels: "np.ndarray", answers: Any, classes: Sequence[str], settled: Mapping[str, Any], what: str, temperature: float = 1.0
    ) -> "Chart":
        """Of all photos together.

        Args:
            what: they are, for people, such as ``40 test photos``.
            temperature: what logits were divided by; taken only where labels are ``EXCLUSIVE``.
        """


class Detailing(Protocol):
    """How good answers are in more numbers than a report keeps, from what ``predictions.csv`` holds."""

    def tables(self, labels: "np.ndarray", answers: Any, classes: Sequence[str], what: str, temperature: float = 1.0) -> "list[Table]":
        """Of all photos together beside what guessing reaches, and of each class.

        Args:
            labels, answers: as ``measuring.Measuring`` takes them.
            what: was measured, for people, such as ``test photos``.
            temperature: what logits were divided by.
        """
