"""Fine-tune a pretrained backbone on a folder of photos."""

import time

from tltool import checks, data, evaluation, figures, models, pages, tracking, training as engine
from tltool.options import program, recipe
from tltool.parameters import DryRun, Folds, Force, LearningCurve, MinScore, Out, PreviewAugmentation, Report, Resume
from tltool.progress import show
from tltool.runs import Run, reserve
from tltool.specs import Backbone, Head, Photos, Training
from tltool.training.estimate import Estimate


@recipe
def finetune(
    photos: Photos,
    backbone: Backbone = Backbone(),
    head: Head = Head(),
    training: Training = Training(),
    folds: Folds = None,
    learning_curve: LearningCurve = False,
    out: Out = None,
    force: Force = False,
    dry_run: DryRun = False,
    min_score: MinScore = None,
    preview_augmentation: PreviewAugmentation = None,
    report: Report = True,
    resume: Resume = None,
) -> Run | Estimate:
    """Fine-tune a pretrained backbone on a folder of photos.

    First the head learns on the frozen backbone, then the unfrozen layers at a lower rate. Whichever did better on the
    validation photos is kept, measured once on the test photos, and saved with all it takes to use it or to repeat it.
    """
    started = time.monotonic()
    figures.check_file(preview_augmentation, force, (".png",))
    reserve(out, "finetune", force, reads=(photos.data, backbone.name), resume=resume)
    photos, size = models.settle_size(backbone, photos, download=not dry_run)
    samples = data.group_by(data.read_photos(photos.data, keep=not dry_run, task=photos.task), photos.group_by)
    samples = data.say_of_points(samples, photos.normalise_by, photos.flip_pairs)
    photos, fit = photos.decided(samples.task, samples.usual_fit)
    data.require_tiles(samples, photos.tiles)
    data.require_known(samples, photos.split)
    evaluation.require_folds(samples, folds)
    evaluation.require_curve(samples, learning_curve)

    training, device = models.use_device(training)
    body = models.open_backbone(backbone, size, download=not dry_run)
    model = models.assemble(body, head, samples.classes, training.seed, task=samples.task)
    samples, pixels = (data.decode_sample if dry_run else data.decode_once)(samples, size, fit, photos.tiles)
    alike = [] if dry_run else checks.look_over(samples, size, fit, photos.data, photos.tiles)
    samples = data.split_for_training(samples, photos.validation, photos.test, training.seed, alike, photos.split)
    data.warn_of_seen(samples, backbone.split)
    models.tell_classes(backbone, samples.classes)
    tiles = data.cut_into_tiles(samples, photos.tiles)
    training = engine.resolve_training(training, len(tiles.rows("train")), backbone.is_pretrained, samples.is_located, samples.may_flip)
    how = (backbone.unfreeze, backbone.is_pretrained, backbone.batch_norm, backbone.layer_decay)
    phases = engine.plan_phases(training, head, *how, photos=tiles.located("train"))
    show(engine.freeze_plan(model, phases))
    models.warn_of_large_head(model, samples.task)
    if preview_augmentation:
        figures.draw_augmentation(pixels, tiles, phases, training, preview_augmentation)
    evaluation.require_folds(samples, folds, alike)
    evaluation.require_curve(samples, learning_curve)
    if dry_run:
        return engine.estimate_training(model, pixels, tiles, phases, training, started - pixels.ahead)

    specs = {"photos": photos, "backbone": backbone, "head": head, "training": training}
    facts = {"device": device, "size": size, "fit": fit, "phases": engine.as_records(phases), **tiles.facts}
    asked = {"folds": folds, "learning_curve": learning_curve or None, "min_score": min_score, "report": None if report else False}
    run = Run.create(out, "finetune", specs, force, resume, asked, **facts)
    with run.resumable():
        data.settle_split(samples, run.path / "split.csv")
        features = engine.photo_features(body, pixels, training.batch_size, training.deterministic) if folds or learning_curve else None
        crossed = evaluation.cross_validate(features, samples, folds, training.seed, alike, backbone.split)
        run.note(**evaluation.measure_learning(features, samples, learning_curve, training.balance != "none", training.seed))
    with tracking.tracked(run, training.track, model) as follow:
        outcomes = engine.train(model, pixels, tiles, phases, training, run, follow)
        evaluation.finish(run, model, pixels, samples, outcomes, started, crossed)
    if report:
        pages.add_page(run)
    evaluation.check_gate(run, min_score)
    return run


if __name__ == "__main__":
    program(finetune)
