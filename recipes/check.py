"""Look at the photos before a training does."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from tltool import checks, data, models, training as engine
from tltool.checks.findings import Checks
from tltool.errors import SpecError
from tltool.options import program, recipe
from tltool.parameters import PhotosOfClasses
from tltool.specs import Backbone, Photos, option


@recipe
def check(
    photos: PhotosOfClasses,
    task: Annotated[
        str, option("auto", help="What is asked of the photos, such as multilabel; auto sees it from how they are labelled.")
    ] = "auto",
    deep: Annotated[
        bool,
        option(
            False, help="Also compare what a pretrained backbone sees: finds more near-duplicates, and labels that the photos contradict."
        ),
    ] = False,
    backbone: Annotated[
        str,
        option("mobilenet_v2", help="Whose features --deep compares: a name from `tltool backbones`, the folder of a run, or hub:HANDLE."),
    ] = "mobilenet_v2",
    size: Annotated[
        int | None,
        option(None, ge=16, le=2048, help="Side of the square the model will see, in pixels; default: the backbone's native size."),
    ] = None,
    report: Annotated[Path | None, option(None, help="Also write a page with small pictures to look at in a browser: FILE.html.")] = None,
    write_clean: Annotated[
        Path | None,
        option(
            None,
            help="Also write a new CSV for --data, which leaves out unreadable files, exact duplicates, pictures under two labels and "
            "leaks.",
        ),
    ] = None,
    drop_doubts: Annotated[bool, option(False, help="Leave the doubtful labels of --deep out of that CSV too.")] = False,
    force: Annotated[bool, option(False, help="Replace the page of an earlier check.")] = False,
    strict: Annotated[
        bool, option(False, help="End with exit code 1 on warnings too, not only where training would fail or mislead badly.")
    ] = False,
) -> Checks:
    """Find what is wrong with photos before training on them.

    Unreadable and damaged files, duplicates, one picture under two labels, leaks between the parts of a split, classes that are too
    small, masks, blank, invisible and odd photos; with --deep also labels that the photos contradict. Each finding is ok, warn (look at
    it) or stop (training would fail or mislead badly; exit code 1). No photo is ever changed, moved or deleted.
    """
    if drop_doubts and not (deep and write_clean):
        raise SpecError("--drop-doubts must go with --deep and --write-clean. Received: --drop-doubts without them.")
    report, write_clean = report and Path(report), write_clean and Path(write_clean)
    if report:
        checks.require_page(report, force)
    if write_clean:
        checks.require_absent(write_clean)
    wish = Photos(data=photos, task=task)
    source = wish.data
    body = Backbone(name=backbone)
    size = size or models.native_size(body)
    models.require_size(body, size)

    samples, features = data.read_photos(source, complete=False, task=wish.task), None
    if deep:
        data.require_exclusive(samples, "--deep")
        network = models.open_backbone(body, size)
        samples, pixels = data.decode_once(samples, size, "crop")
        features = engine.photo_features(network, pixels)
    samples, thumbnails = data.make_thumbnails(samples)
    alike = data.find_near_duplicates(thumbnails.pixels, features)
    doubts = None if features is None else engine.suspect_labels(features, samples, alike)

    found = checks.check_photos(samples, thumbnails, alike, doubts, size, source, strict)
    found = replace(found, task=samples.task if samples.is_located else "" if task == "auto" else task)
    if write_clean:
        doubted = doubts if drop_doubts and doubts else ()
        found = replace(found, clean=checks.write_clean(samples, thumbnails, alike, write_clean, doubted, features))
    if report:
        found = replace(found, report=report)
        checks.write_page(found, samples, thumbnails, report, force)
    return found


if __name__ == "__main__":
    program(check)
