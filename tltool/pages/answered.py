"""The photos that a run was measured on: what is true of each, what was said, and how good that was."""

from typing import NamedTuple

from tltool.data.annotations.truths import Truth
from tltool.data.samples import Samples
from tltool.evaluation.quality import Quality
from tltool.evaluation.rating import Answered, rate

SURE = 0.8  # by so much an answer is ahead of any other that is given with certainty


class Photo(NamedTuple):
    """One photo and its answer.

    Attributes:
        label, said: what is true and what is said, as ``predictions.csv`` has them; ``""`` where places are answered.
        goodness: of the answer, by the task's own measure, 0…1.
        lead: how far another answer was away, 0…1; None where places are answered.
        truth, answer: the same where they lie somewhere in the photo, ``answer`` as it is shown; else None.
        sha256: of its file when it was read; ``""`` where that is not known.
    """

    path: str
    label: str
    said: str
    goodness: float
    lead: float | None = None
    truth: Truth | None = None
    answer: Truth | None = None
    sha256: str = ""

    @property
    def is_wrong(self) -> bool:
        return self.goodness < 1


class Chosen(NamedTuple):
    """Photos that belong together, those that say most first."""

    title: str
    says: str
    photos: list[Photo]


def whole_photos(answered: Answered, samples: Samples | None) -> list[Photo]:
    """Every photo that was answered, where one thing or several are said of a whole photo.

    Args:
        samples: they are among, for what their files were.
    """
    rated, hashes = rate(answered), _hashes(samples)
    columns = (rated[name].tolist() for name in ("path", "label", "predicted", "goodness", "lead"))
    return [
        Photo(path, label, said, good, lead, sha256=hashes.get(path, "")) for path, label, said, good, lead in zip(*columns, strict=True)
    ]


def located_photos(quality: Quality, samples: Samples | None) -> list[Photo]:
    """The same where answers lie somewhere in the photo; those of which nothing can be said right or wrong are left out."""
    hashes = _hashes(samples)
    return [Photo(path, "", "", score, None, truth, answer, hashes.get(path, "")) for path, truth, answer, score in quality.photos]


def _hashes(samples: Samples | None) -> dict[str, str]:
    return {} if samples is None else dict(zip(samples.table["path"], samples.table["sha256"], strict=True))


def choose_photos(photos: list[Photo], score: str) -> list[Chosen]:
    """Those that are worth a look: the worst and the best; or, where an answer is either right or wrong, those that are wrong with
    certainty, and those of which the model was not certain.

    Args:
        score: what people call the measure of an answer.
    """
    if all(photo.lead is None for photo in photos):
        ranked = sorted(photos, key=lambda photo: photo.goodness)
        few = max(1, len(ranked) // 2)
        says = f"By the {score} of each photo alone."
        found = [Chosen("Worst answers", says, ranked[:few]), Chosen("Best answers", says, ranked[: -few - 1 : -1])]
    else:
        ranked = sorted(photos, key=lambda photo: -(photo.lead or 0))
        wrong, right = ([photo for photo in ranked if photo.is_wrong == way] for way in (True, False))
        found = [
            Chosen("Wrong, the surest first", "Is the label right? What do these photos have that others have not?", wrong),
            Chosen("Right, but barely", "Another answer was nearly as likely.", right[::-1][: max(1, len(right) // 2)]),
            Chosen("Right and sure", "What the model takes for typical.", right[: max(1, len(right) // 2)]),
        ]
    return [chosen for chosen in found if chosen.photos]
