"""What was found in photos as COCO results, one list of detections that other people's evaluators read
(https://cocodataset.org/#format-results)."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tltool.atomic import write_json
from tltool.data.annotations.cells import parse
from tltool.data.annotations.coco_ids import Ids, ids_beside, numbered
from tltool.data.annotations.photos import measure_photos
from tltool.data.annotations.truths import Instance, Truth
from tltool.data.annotations.turning import turned
from tltool.data.geometry import turn
from tltool.errors import RunError, SpecError
from tltool.evaluation.predictors import Predictor, run_of
from tltool.evaluation.results import Answers
from tltool.progress import say, warn
from tltool.task import task_named
from tltool.wording import counted, quoted

SIDES = ("left", "top", "right", "bottom")  # of a box: what is located so can be told as COCO results


def require_results(predictor: Predictor, trained: Path | str, photos: Sequence[Path], file: Path | None) -> Ids:
    """The ids that results on ``photos`` are to have: those of the COCO JSON that ``trained`` learned from, where there is one.

    Args:
        file: where the results are to go; None asks for nothing.

    Raises:
        SpecError: a model that finds no boxes, or a file that is not called ``.json``.
        RunError: a file that is not new, or in no folder that can be written.
        DataError: a COCO JSON among the photos it was trained from cannot be read any more.
    """
    if file is None:
        return Ids()
    if task_named(predictor.task).answers.PLACE != SIDES:
        raise SpecError(
            f"--coco must go with a model that finds boxes, of --task detect, localize or instances. Received: {predictor.task}."
        )
    if file.suffix.lower() != ".json":
        raise SpecError(f"--coco must end in .json. Received: {file}.")
    if os.path.lexists(file):
        raise RunError(f"--coco must name a new file. Received: {file}, which is there already. Choose another.")
    if not os.access(folder := file.absolute().parent, os.W_OK | os.X_OK):
        raise RunError(f"--coco must be in a folder that is there and can be written. Received: {file}. Look at {folder}.")
    return _known(trained, predictor.task, [os.path.realpath(path) for path in photos])


def _known(trained: Path | str, task: str, photos: Sequence[str]) -> Ids:
    """What the COCO JSON that ``trained`` learned from says of ``photos``, paths without links; nothing where there is none."""
    try:
        data = run_of(trained).record.typed.get("photos", {}).get("data")
    except RunError:  # a file that lies outside its run
        return Ids()
    return ids_beside(os.path.abspath(data), task, photos) if isinstance(data, str) and os.path.isdir(data) else Ids()


def write_results(answers: Answers, classes: Sequence[str], known: Ids, file: Path) -> None:
    """Write all that was found in photos into ``file``, whatever its score, and tell which ids it has.

    Boxes and masks lie in the picture that the ids' file says the size of: where that is a photo as it is stored, turned, so are they.

    Args:
        classes: that the model tells apart, in the order of its outputs.
        known: from ``require_results``.

    Raises:
        RunError: ``file`` cannot be written.
    """
    photos = [os.path.realpath(answer.path) for answer in answers.answers]
    read = {photo: parse(answer.cell) for photo, answer in zip(photos, answers.answers, strict=True) if not answer.error}
    images = numbered(photos, known.images if known.images.keys() & {*photos} else {})
    categories = numbered(classes, known.categories)
    found = [one for path, truth in read.items() for one in _detections(_as_said(truth, path, known), images[path], categories)]
    write_json(file, found, RunError)
    say(f"Wrote {counted(len(found), 'detection')} in {counted(len(read), 'photo')} into {file}: {_told(known, photos)}.")
    strays = [path for path in read if path not in known.images]
    if len(strays) < len(read) and strays:
        warn(f"{quoted(known.file)} does not name {counted(len(strays), 'photo')}, such as {quoted(strays[0])}; their ids are new.")


def _as_said(truth: Truth, path: str, known: Ids) -> Truth:
    """``truth`` in the picture that the ids' file says the size of, where that is the stored one of a turned photo."""
    size = known.sizes.get(path, (truth.width, truth.height))
    if size == (truth.width, truth.height):  # as nearly always: no photo is opened for it
        return truth
    photo = measure_photos([path])[0].get(path)
    if photo is None or photo.orientation_of(*size) in (None, 1):
        return truth
    back = turn(photo.stored, photo.orientation).inverse()
    return Truth(*photo.stored, tuple(turned(truth.instances, back, truth.width, truth.height)))


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
