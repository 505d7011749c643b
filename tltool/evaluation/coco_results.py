"""What was found in photos as COCO results, one list of detections that other people's evaluators read
(https://cocodataset.org/#format-results)."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tltool.atomic import write_json
from tltool.data.annotations.cells import parse
from tltool.data.annotations.coco_ids import Ids, ids_beside, numbered
from tltool.data.annotations.truths import Instance, Truth
from tltool.errors import RunError, SpecError
from tltool.evaluation.predictors import Predictor, run_of
from tltool.evaluation.results import Answers
from tltool.progress import say, warn
from tltool.task import task_named
from tltool.wording import counted, quoted

SIDES = ("left", "top", "right", "bottom")  # of a box: what is located so can be told as COCO results


def require_results(predictor: Predictor, file: Path | None) -> None:
    """Raises ``SpecError`` where a model finds no boxes, or ``file`` is not called ``.json``, and ``RunError`` unless it is new and in a
    folder that is there."""
    if file is None:
        return
    if task_named(predictor.task).answers.PLACE != SIDES:
        raise SpecError(
            f"--coco must go with a model that finds boxes, of --task detect, localize or instances. Received: {predictor.task}."
        )
    if file.suffix.lower() != ".json":
        raise SpecError(f"--coco must end in .json. Received: {file}.")
    if os.path.lexists(file):
        raise RunError(f"--coco must name a new file. Received: {file}, which is there already. Choose another.")
    if not os.access(folder := file.absolute().parent, os.W_OK | os.X_OK):
        raise RunError(f"--coco must be in a folder that can be written. Received: {file}, and {folder} cannot.")


def write_results(answers: Answers, classes: Sequence[str], trained: Path | str, file: Path) -> None:
    """Write all that was found in photos into ``file``, whatever its score, and tell which ids it has.

    Args:
        classes: that the model tells apart, in the order of its outputs.
        trained: whose answers they are: the ids are those of the COCO JSON it was trained from, where there is one.

    Raises:
        DataError: a COCO JSON among the photos it was trained from cannot be read any more.
        RunError: ``file`` cannot be written.
    """
    read = {os.path.realpath(answer.path): parse(answer.cell) for answer in answers.answers if not answer.error}
    known = _known(trained, answers.task, [*read])
    images = numbered(read, known.images if known.images.keys() & read.keys() else {})
    categories = numbered(classes, known.categories)
    found = [one for path, truth in read.items() for one in _detections(truth, images[path], categories)]
    write_json(file, found, RunError)
    say(f"Wrote {counted(len(found), 'detection')} in {counted(len(read), 'photo')} into {file}: {_told(known, [*read])}.")
    strays = [path for path in read if path not in known.images]
    if len(strays) < len(read) and strays:
        warn(f"{counted(len(strays), 'photo')}, such as {quoted(strays[0])}, are not named in {quoted(known.file)}; their ids are new.")


def _known(trained: Path | str, task: str, photos: Sequence[str]) -> Ids:
    try:
        data = run_of(trained).record.typed.get("photos", {}).get("data")
    except RunError:  # a file that lies outside its run
        return Ids()
    return ids_beside(os.path.abspath(data), task, photos) if isinstance(data, str) and os.path.isdir(data) else Ids()


def _detections(truth: Truth, image: Any, categories: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for instance in truth.instances:
        if instance.box.area:
            yield {"image_id": image, "category_id": categories[instance.box.label], **_where(instance, truth)}


def _where(instance: Instance, truth: Truth) -> dict[str, Any]:
    left, top, right, bottom = instance.box.corners
    where: dict[str, Any] = {"bbox": [left, top, right - left, bottom - top], "score": instance.box.score}
    if instance.mask:
        counts = instance.mask.runs(truth.width, truth.height).counts
        where["segmentation"] = {"size": [truth.height, truth.width], "counts": counts}
    return where


def _told(known: Ids, photos: Sequence[str]) -> str:
    """Whose ids they are."""
    if not known.file:
        return "images are numbered from 1 in the order of the photos, categories from 1 in the order of the classes"
    if known.images.keys() & set(photos):
        return f"ids of images and categories are those of {quoted(known.file)}"
    return f"images are numbered from 1 in the order of the photos, ids of categories are those of {quoted(known.file)}"
