"""Photos with the answers drawn on them, one file for each."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from PIL import Image

from tltool.atomic import draft
from tltool.data.decoding.decoder import decode
from tltool.errors import RunError, SpecError
from tltool.evaluation.predictors import Predictor
from tltool.evaluation.results import Answers
from tltool.progress import say, track
from tltool.runs import require_new
from tltool.task import task_named
from tltool.threads import in_order
from tltool.wording import counted

QUALITY = 90  # of a JPEG


def require_drawable(predictor: Predictor, folder: Path) -> None:
    """Raises ``SpecError`` where a model's answers lie nowhere in a photo, and ``RunError`` unless ``folder`` is new or empty."""
    if not task_named(predictor.task).labels.ANNOTATED:
        raise SpecError(f"--draw must go with a model that locates something in photos. Received: one of --task {predictor.task}.")
    require_new(folder, "--draw")


def draw_answers(answers: Answers, classes: Sequence[str], folder: Path) -> None:
    """Write a JPEG of every photo that was answered into ``folder``, with what is shown of the answer.

    Raises:
        RunError: the folder cannot be written.
    """
    read = [answer for answer in answers.answers if not answer.error]
    pictures = task_named(answers.task).pictures
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"--draw must be a folder that can be written. Received: {folder} ({error.strerror}). Choose another.") from None

    def drawn(place: int) -> Image.Image:
        photo = Image.fromarray(decode(read[place].path))
        return pictures.draw(photo, pictures.shown(read[place].cell, read[place].choices), classes)

    names = unique_names([answer.path for answer in read], ".jpg")
    for name, picture in zip(names, track(in_order(drawn, range(len(read))), "drawing", len(read), "photos"), strict=True):
        with draft(folder / name, RunError) as beside:
            picture.save(beside, "JPEG", quality=QUALITY)
    say(f"Drew {counted(len(read), 'photo')} into {folder}.")


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


def _proposed(stem: str, ending: str) -> Iterator[str]:
    yield f"{stem}{ending}"
    yield from (f"{stem}-{number}{ending}" for number in count(2))
