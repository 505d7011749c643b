"""Photos, or files of signals → what a model says of each, one answer per photo or signal."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from tltool.data.decoding.decoder import decode_framed
from tltool.data.geometry import Frame
from tltool.data.reading.signals import read_values
from tltool.errors import DataError, SpecError
from tltool.evaluation.predictors import BATCH, Predictor, predict_photos
from tltool.evaluation.results import Answer, Answers
from tltool.progress import step, warn
from tltool.task import task_named


def answer(predictor: Predictor, photos: Sequence[Path], top: int | None) -> Answers:
    """What ``predictor`` says of each of ``photos``, or of each signal in those files; a file that cannot be read gets its error and the
    rest goes on."""
    if top is not None and top < 1:
        raise SpecError(f"--top must be at least 1. Received: {top}.")
    if predictor.kind == "signal":
        return Answers([one for file in photos for one in _answer_signals(predictor, file, top)], predictor.kind, predictor.task)
    answers: list[Answer] = []
    for paths in batches(photos):
        answers += _answer_batch(predictor, paths, top)
        if len(photos) > BATCH:
            step("predicting", len(answers), len(photos))
    return Answers(answers, task=predictor.task)


def batches(photos: Sequence[Path]) -> Iterable[Sequence[Path]]:
    return (photos[start : start + BATCH] for start in range(0, len(photos), BATCH))


def _answer_batch(predictor: Predictor, paths: Sequence[Path], top: int | None) -> list[Answer]:
    pixels, frames, errors = {}, {}, {}
    for path in paths:
        try:
            pixels[path], frames[path] = decode_framed(path, predictor.size, predictor.fit)
        except DataError as error:
            warn(str(error))
            errors[path] = str(error)
    outputs = dict(zip(pixels, predictor.scores(np.stack(list(pixels.values()))))) if pixels else {}
    return [
        Answer(str(path), [], errors[path]) if path in errors else _answered(predictor, str(path), outputs[path], top, frames.get(path))
        for path in paths
    ]


def _answer_signals(predictor: Predictor, file: Path, top: int | None) -> list[Answer]:
    try:
        signals = read_values(file, predictor.shape)
    except DataError as error:
        warn(str(error))
        return [Answer(str(file), [], str(error))]
    scores = predict_photos(predictor, signals, np.arange(len(signals)))
    return [_answered(predictor, f"{file}#{row}", its, top) for row, its in enumerate(scores)]


def _answered(predictor: Predictor, path: str, outputs: np.ndarray, top: int | None, frame: Frame | None = None) -> Answer:
    answers, classes, settled = task_named(predictor.task).answers, predictor.classes, predictor.settled
    (cell,) = answers.said(outputs[None], classes, settled, [frame] if frame else [])
    chosen = answers.choose(cell, outputs, classes, settled, top)
    return Answer(path, [(label, score) for label, score, _ in chosen], cell=cell, places=[place for *_, place in chosen if place])
