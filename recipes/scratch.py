"""Train a Conv2D stack from scratch on a folder of photos."""

import time

from tltool import checks, data, evaluation, figures, models, pages, tracking, training as engine
from tltool.options import program, recipe
from tltool.parameters import DryRun, Force, MinScore, Out, PreviewAugmentation, Report, Resume
from tltool.progress import show
from tltool.runs import Run, reserve
from tltool.specs import ConvStack, Head, Photos, Training
from tltool.training.estimate import Estimate

SIZE = 96


@recipe
def scratch(
    photos: Photos,
    stack: ConvStack = ConvStack(),
    head: Head = Head(),
    training: Training = Training(),
    out: Out = None,
    force: Force = False,
    dry_run: DryRun = False,
    min_score: MinScore = None,
    preview_augmentation: PreviewAugmentation = None,
    report: Report = True,
    resume: Resume = None,
) -> Run | Estimate:
    """Train a Conv2D stack from scratch on a folder of photos.

    The stack starts from random kernels drawn by the kernel_initializer and learns in one phase. Say it block by block with --conv, or
    all blocks at once with --filters. The run it leaves can be the backbone of a later finetune.
    """
    started = time.monotonic()
    figures.check_file(preview_augmentation, force, (".png",))
    reserve(out, "scratch", force, reads=(photos.data,), resume=resume)
    size = photos.size or SIZE
    photos = photos.fill(size=size)
    samples = data.group_by(data.read_photos(photos.data, keep=not dry_run, task=photos.task), photos.group_by)
    samples = data.say_of_points(samples, photos.normalise_by, photos.flip_pairs)
    photos, fit = photos.decided(samples.task, samples.usual_fit)
    data.require_tiles(samples, photos.tiles)
    data.require_known(samples, photos.split)

    training, device = models.use_device(training)
    shape = (size, size, 3)
    stack = models.resolve_stack(stack, shape)
    body = models.build_stack(stack, shape, training.seed)
    model = models.assemble(body, head, samples.classes, training.seed, task=samples.task)
    samples, pixels = (data.decode_sample if dry_run else data.decode_once)(samples, size, fit, photos.tiles)
    alike = [] if dry_run else checks.look_over(samples, size, fit, photos.data, photos.tiles)
    samples = data.split_for_training(samples, photos.validation, photos.test, training.seed, alike, photos.split)
    tiles = data.cut_into_tiles(samples, photos.tiles)
    training = engine.resolve_training(training, len(tiles.rows("train")), False, samples.is_located, samples.may_flip)
    phases = engine.plan_phases(training, head)
    show(engine.freeze_plan(model, phases))
    models.warn_of_large_head(model, samples.task)
    if preview_augmentation:
        figures.draw_augmentation(pixels, tiles, phases, training, preview_augmentation)
    if dry_run:
        return engine.estimate_training(model, pixels, tiles, phases, training, started - pixels.ahead)

    specs = {"photos": photos, "stack": stack, "head": head, "training": training}
    facts = {"device": device, "size": size, "fit": fit, "phases": engine.as_records(phases), **tiles.facts}
    run = Run.create(out, "scratch", specs, force, resume, {"min_score": min_score, "report": None if report else False}, **facts)
    with run.resumable():
        data.settle_split(samples, run.path / "split.csv")
    with tracking.tracked(run, training.track, model) as follow:
        outcomes = engine.train(model, pixels, tiles, phases, training, run, follow)
        evaluation.finish(run, model, pixels, samples, outcomes, started)
    if report:
        pages.add_page(run)
    evaluation.check_gate(run, min_score)
    return run


if __name__ == "__main__":
    program(scratch)
