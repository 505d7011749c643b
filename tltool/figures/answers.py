"""Answers as pictures: photos with what was found drawn on them, or masks; a file for each, in a new folder."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

from PIL import Image

from tltool.atomic import draft
from tltool.data.annotations.cells import parse
from tltool.data.decoding.decoder import decode
from tltool.errors import RunError, SpecError
from tltool.evaluation.predictors import Predictor
from tltool.evaluation.results import Answer, Answers
from tltool.progress import say, track
from tltool.runs import require_new
from tltool.task import task_named
from tltool.threads import in_order
from tltool.wording import counted


def require_drawable(predictor: Predictor, draw: Path | None, masks: Path | None) -> None:
    """Raises ``SpecError`` where a model's answers cannot be drawn on photos, or be masks, and ``RunError`` unless the folders for them,
    if any, are new or empty."""
    task = task_named(predictor.task)
    if draw and not task.labels.ANNOTATED:
        raise SpecError(f"--draw must go with a model that locates something in photos. Received: one of --task {predictor.task}.")
    if masks and not (task.labels.ANNOTATED and task.pictures.MASKS):
        raise SpecError(f"--masks must go with a model that answers with masks. Received: one of --task {predictor.task}.")
    for flag, folder in (("--draw", draw), ("--masks", masks)):
        if folder:
            require_new(folder, flag)


def draw_answers(answers: Answers, classes: Sequence[str], folder: Path) -> None:
    """Write a JPEG of every photo that was answered into ``folder``, with what is shown of the answer.

    Raises:
        RunError: the folder cannot be written.
    """
    pictures = task_named(answers.task).pictures

    def drawn(answer: Answer) -> Image.Image:
        return pictures.draw(Image.fromarray(decode(answer.path)), pictures.shown(answer.cell, answer.choices), classes)

    _write(answers, folder, ".jpg", drawn)


def write_masks(answers: Answers, classes: Sequence[str], folder: Path) -> None:
    """Write the mask of every photo that was answered into ``folder``, as PNG.

    Raises:
        RunError: the folder cannot be written.
    """
    pictures = task_named(answers.task).pictures
    _write(answers, folder, ".png", lambda answer: pictures.mask_of(parse(answer.cell), classes))


def unique_names(photos: Sequence[str], ending: str) -> list[str]:
    """A file name for each photo, each another, also where capitals do not count: ``x.jpg`` of ``x.png``, with a number where that is
    taken."""
    names: list[str] = []
    taken: set[str] = set()
    for stem in (Path(photo).stem for photo in photos):
        name = next(name for name in _proposed(stem, ending) if name.lower() not in taken)
        taken.add(name.lower())
        names.append(name)
    return names


def _write(answers: Answers, folder: Path, ending: str, make: Callable[[Answer], Image.Image]) -> None:
    read = [answer for answer in answers.answers if not answer.error]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"Pictures need a folder that can be written. Received: {folder} ({error.strerror}). Choose another.") from None
    names = unique_names([answer.path for answer in read], ending)
    for name, picture in zip(names, track(in_order(make, read), "drawing", len(read), "photos"), strict=True):
        with draft(folder / name, RunError) as beside:
            picture.save(beside, Image.registered_extensions()[ending], quality=90)
    say(f"Wrote {counted(len(read), 'picture')} into {folder}.")


def _proposed(stem: str, ending: str) -> Iterator[str]:
    yield f"{stem}{ending}"
    yield from (f"{stem}-{number}{ending}" for number in count(2))
