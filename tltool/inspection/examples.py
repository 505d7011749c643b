"""The photos to be looked at: those a user names, or a few of a run's own that it got right and wrong, or wrong only."""

from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tltool.data.decoding.decoder import decode
from tltool.data.reading.paths import list_photos
from tltool.errors import DataError, SpecError
from tltool.evaluation.predictors import Predictor
from tltool.evaluation.rating import rate_photos
from tltool.progress import say, warn
from tltool.runs import Run
from tltool.task import task_named

if TYPE_CHECKING:
    import pandas

MOST = 8  # photos on one sheet
FEW = 3  # of the run's own


class Example(NamedTuple):
    """One photo.

    Attributes:
        pixels: uint8 [size, size, 3].
        scores: float32 [classes].
        label: what it is, as ``predictions.csv`` has it, where that is known.
        true: the labels that ``label`` names, where a photo may have several; else None.
        named: those that were named.
    """

    path: Path
    pixels: np.ndarray
    scores: np.ndarray
    classes: list[str]
    label: str | None
    true: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None

    @property
    def ranked(self) -> list[str]:
        """The classes, most probable first."""
        return [self.classes[number] for number in np.argsort(-self.scores, kind="stable")]

    @property
    def said(self) -> str:
        """What is looked at first: the most probable class; of several labels one that was decided wrong."""
        return [*self._wrong, *self.ranked][0]

    @property
    def rival(self) -> str:
        """The true class where the answer is wrong, else the second most probable; of several labels the next that was decided wrong."""
        others = [self.label] if self.named is None and self.label in self.classes else []
        return next(name for name in (*self._wrong, *others, *self.ranked) if name != self.said)

    @property
    def is_right(self) -> bool | None:
        """None where it is not known what is true."""
        if self.label is None:
            return None
        return set(self.true or ()) == set(self.named) if self.named is not None else self.label == self.said

    @property
    def _wrong(self) -> list[str]:
        if self.named is None or self.true is None:
            return []
        return [name for name in self.ranked if (name in self.named) != (name in self.true)]


def are_located(run: Run, **wishes: Any) -> bool:
    """Whether answers of ``run`` lie somewhere in photos: then it is drawn how good they are, not how one answer came to be.

    Args:
        wishes: what the user asks for that is about such an answer, by flag; None or () where it is not asked for.

    Raises:
        SpecError: they are located, and such a thing is asked for.
    """
    if not task_named(run.task).labels.ANNOTATED:
        return False
    for flag, value in wishes.items():
        if value is not None and value != ():
            what = "Photos after the run" if flag == "photos" else f"--{flag.replace('_', '-')}"
            raise SpecError(
                f"{what} must go with a model that says one thing of a whole photo. Received: one of --task {run.task}. To see its answers "
                f"about other photos: tltool predict RUN PHOTO --draw DIR"
            )
    return True


def choose_examples(run: Run, predictor: Predictor, asked: Sequence[Path | str] | Path | str = (), errors: bool = False) -> list[Example]:
    """Up to ``MOST`` of the photos ``asked`` for; without any, ``FEW`` of those that measured the run, right and wrong in turns, each kind
    from the surest down and each true class once.

    Args:
        errors: instead of those, up to ``MOST`` that were answered wrong, the surest first; where none was, it is said, and those that were
            answered right with least certainty are taken.

    Raises:
        DataError: none of them can be read.
        RunError: no photos are asked for and the run has no predictions.
        SpecError: ``errors`` beside photos that are asked for.
    """
    if errors and asked:
        raise SpecError("--errors must stand without photos: it chooses them. Received: both. Leave one out.")
    answers = run.predictions() if not asked or (run.path / "predictions.csv").is_file() else None
    labels = {} if answers is None else dict(zip(answers["path"], answers["label"], strict=True))
    photos = list_photos(asked) if asked else _wrong(run) if errors else _telling(answers)
    chosen = _readable(photos, MOST if asked or errors else FEW, predictor, warned=bool(asked))
    if not chosen:
        raise DataError(
            f"There must be a readable photo to look at. Received: {len(photos)} of the run's own, all gone or damaged. "
            "Name photos after the run."
            if not asked
            else "There must be a readable photo to look at. Received: none."
        )
    scores = predictor.scores(np.stack(list(chosen.values())))
    return [
        _example(predictor, path, pixels, answer, labels.get(str(path.absolute())))
        for (path, pixels), answer in zip(chosen.items(), scores, strict=True)
    ]


def _example(predictor: Predictor, path: Path, pixels: np.ndarray, answer: np.ndarray, label: str | None) -> Example:
    asked = task_named(predictor.task)
    plain = Example(path, pixels, answer, predictor.classes, label)
    if asked.labels.EXCLUSIVE:
        return plain
    (cell,) = asked.answers.said(answer[None], predictor.classes, predictor.settled)
    return plain._replace(true=None if label is None else asked.labels.names(label), named=asked.labels.names(cell))


def _readable(photos: Iterable[Path], most: int, predictor: Predictor, warned: bool) -> dict[Path, np.ndarray]:
    chosen: dict[Path, np.ndarray] = {}
    for path in dict.fromkeys(photos):
        if len(chosen) == most:
            if warned:
                say(f"The first {most} photos are drawn.")
            break
        try:
            chosen[path] = decode(path, predictor.size, predictor.fit)
        except DataError as error:
            if warned:
                warn(str(error))
    return chosen


def _telling(answers: "pandas.DataFrame") -> list[Path]:
    sure = answers.filter(regex="^p_").to_numpy(dtype=float).max(axis=1)
    ranked = answers.iloc[np.argsort(-sure, kind="stable")]
    right = ranked["label"] == ranked["predicted"]
    kinds = [list(ranked[mask].drop_duplicates("label")["path"]) for mask in (right, ~right)]
    return [Path(path) for path in chain.from_iterable(zip_longest(*kinds)) if path is not None]


def _wrong(run: Run) -> list[Path]:
    """What was answered wrong, the surest first; where nothing was, all from the least sure."""
    rated = rate_photos(run)
    wrong = rated[rated["goodness"] < 1]
    if wrong.empty:
        say("No photo was answered wrong: those that were answered right with least certainty are drawn.")
        return [Path(path) for path in rated.sort_values("lead", kind="stable")["path"]]
    return [Path(path) for path in wrong.sort_values("lead", ascending=False, kind="stable")["path"]]
