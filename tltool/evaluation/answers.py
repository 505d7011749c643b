"""Photos, or files of signals → what a model says of each, one answer per photo or signal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tltool.data.decoding.decoder import decode_framed, decode_tiled
from tltool.data.geometry import Frame
from tltool.data.reading.signals import read_values
from tltool.data.tiled import joined
from tltool.data.tiles import tiles_in
from tltool.errors import DataError, SpecError
from tltool.evaluation.caution import UNSURE, Caution
from tltool.evaluation.novelty import UNLIKE
from tltool.evaluation.predictors import BATCH, Predictor, predict_photos, quickened
from tltool.evaluation.results import Answer, Answers
from tltool.progress import step, warn
from tltool.task import calibration_of, task_named


class Seen(NamedTuple):
    """A photo as the model sees it: as one square, or one for each of its tiles, uint8 [n, size, size, 3], and where they lie in those."""

    squares: np.ndarray
    frames: list[Frame]


def answer(predictor: Predictor, photos: Sequence[Path], top: int | None, caution: Caution = Caution()) -> Answers:
    """What ``predictor`` says of each of ``photos``, or of each signal in those files, with ``caution``; a file that cannot be read
    gets its error and the rest goes on."""
    if top is not None and top < 1:
        raise SpecError(f"--top must be at least 1. Received: {top}.")
    if predictor.kind == "signal":
        return Answers([one for file in photos for one in _answer_signals(predictor, file, top, caution)], predictor.kind, predictor.task)
    answers: list[Answer] = []
    predictor = quickened(predictor, len(photos) * tiles_in(predictor.tiles))
    for paths in batches(photos, max(1, BATCH // tiles_in(predictor.tiles))):
        answers += _answer_batch(predictor, paths, top, caution)
        if len(photos) > BATCH:
            step("predicting", len(answers), len(photos))
    return Answers(answers, task=predictor.task)


def batches(photos: Sequence[Path], size: int = BATCH) -> Iterable[Sequence[Path]]:
    return (photos[start : start + size] for start in range(0, len(photos), size))


def _answer_batch(predictor: Predictor, paths: Sequence[Path], top: int | None, caution: Caution) -> list[Answer]:
    seen: dict[Path, Seen] = {}
    errors = {}
    for path in paths:
        try:
            seen[path] = _see(predictor, path)
        except DataError as error:
            warn(str(error))
            errors[path] = str(error)
    outputs = dict(zip(seen, _outputs(predictor, [*seen.values()])))
    strangers = _strangers(caution, seen)
    return [
        Answer(str(path), [], errors[path])
        if path in errors
        else _answered(predictor, str(path), outputs[path], top, caution, seen[path].frames, path in strangers)
        for path in paths
    ]


def _strangers(caution: Caution, seen: Mapping[Path, Seen]) -> set[Path]:
    """Those that are unlike the training photos."""
    if caution.unlike is None or not seen:
        return set()
    return {path for path, is_unlike in zip(seen, caution.unlike(np.concatenate([its.squares for its in seen.values()]))) if is_unlike}


def _see(predictor: Predictor, path: Path) -> Seen:
    size, fit = predictor.size, predictor.fit
    if not predictor.tiles:
        square, frame = decode_framed(path, size, fit)
        return Seen(square[None], [frame])
    squares, tiling = decode_tiled(path, size, fit, predictor.tiles)
    return Seen(squares, [tile.frame(size, fit) for tile in tiling.tiles])


def _outputs(predictor: Predictor, seen: Sequence[Seen]) -> Iterator[np.ndarray]:
    """Of each of them the outputs [squares, …]; at most ``BATCH`` squares are looked at together."""
    squares = np.concatenate([np.empty((0, *predictor.shape), np.uint8), *(its.squares for its in seen)])
    parts = [predictor.scores(squares[start : start + BATCH]) for start in range(0, len(squares), BATCH)]
    ends = np.cumsum([len(its.squares) for its in seen])
    return iter(np.split(np.concatenate(parts), ends[:-1])) if parts else iter(())


def _answer_signals(predictor: Predictor, file: Path, top: int | None, caution: Caution) -> list[Answer]:
    try:
        signals = read_values(file, predictor.shape)
    except DataError as error:
        warn(str(error))
        return [Answer(str(file), [], str(error))]
    scores = predict_photos(predictor, signals, np.arange(len(signals)))
    return [_answered(predictor, f"{file}#{row}", its[None], top, caution) for row, its in enumerate(scores)]


def _answered(
    predictor: Predictor,
    path: str,
    outputs: np.ndarray,
    top: int | None,
    caution: Caution,
    frames: Sequence[Frame] = (),
    is_unlike: bool = False,
) -> Answer:
    """What is said of one photo or signal; ``outputs`` [n, …] are of all its tiles."""
    answers, classes, settled = task_named(predictor.task).answers, predictor.classes, predictor.settled
    cell = joined(answers.said(outputs, classes, settled, frames), predictor.tiles, predictor.task)
    chosen = answers.choose(cell, outputs[-1], classes, settled, top)
    shown = Answer(path, [(label, score) for label, score, _ in chosen], cell=cell, places=[place for *_, place in chosen if place])
    return _held_back(shown, outputs[-1], predictor, caution, is_unlike)


def _held_back(answer: Answer, outputs: np.ndarray, predictor: Predictor, caution: Caution, is_unlike: bool) -> Answer:
    """``answer`` with the classes that fit, and why it is none of these."""
    part = calibration_of(predictor.task)
    if part is None:
        return answer
    fitting = part.fitting(outputs, predictor.classes, caution.sets.least) if caution.sets else None
    too_low = caution.answers and part.certainty(outputs[None])[0] < caution.answers.threshold
    reasons = [*[UNSURE] * bool(too_low), *[UNLIKE] * is_unlike] if caution.answers else None
    return replace(answer, fitting=fitting, reasons=reasons)
