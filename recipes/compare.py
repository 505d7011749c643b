"""Dense network, Conv2D stack and transfer on the same photos."""

from tltool.recipes.finetune import finetune
from tltool.recipes.scratch import scratch

from tltool import checks, data, evaluation, figures, models
from tltool.evaluation.comparison import Compared
from tltool.options import program, recipe
from tltool.parameters import Force, Out, Resume
from tltool.progress import say
from tltool.runs import Run, carry_on, reserve
from tltool.specs import Comparison, ConvStack, Head, Photos, Training

SIZE = 96
MINUTES = 5.0


@recipe
def compare(
    photos: Photos,
    stack: ConvStack = ConvStack(),
    comparison: Comparison = Comparison(),
    training: Training = Training(),
    out: Out = None,
    force: Force = False,
    resume: Resume = None,
) -> Compared:
    """Compare a dense network, a Conv2D stack and transfer.

    All three learn from the same photos, at 96 px or the backbone run's own size, with as many parameters or for as long. They are
    measured on the same test photos: in place, and moved by up to 16 pixels. What is left is a finished run of each, one table, and
    figures of what each cost and of the three reasons for convolutions: sharing, sparsity, translation.
    """
    reserve(out, "compare", force, reads=(photos.data, comparison.backbone), resume=resume)
    backbone, head = comparison.transfer, Head()
    size = photos.size or (models.native_size(backbone) if backbone.is_run else SIZE)
    photos = photos.fill(size=size)
    models.require_size(backbone, size)
    training = training.fill(minutes=MINUTES if comparison.budget == "time" else None)
    models.use_device(training)  # before the backbone is opened; each part settles its precision itself
    samples = data.group_by(data.read_photos(photos.data, task=photos.task), photos.group_by)
    samples = data.say_of_points(samples, photos.normalise_by, photos.flip_pairs)
    photos, fit = photos.decided(samples.task, samples.usual_fit)
    data.require_exclusive(samples, "tltool compare")
    data.require_tiles(samples, photos.tiles)
    data.require_known(samples, photos.split)
    shape = (size, size, 3)
    stack = models.resolve_stack(stack, shape)
    bare, hidden = models.dense_baseline(stack, head, comparison, shape, len(samples.classes))
    models.open_backbone(backbone, size)  # its weights must be there before the others train, and not be missed after
    samples, _ = data.decode_once(samples, size, fit)
    alike = checks.look_over(samples, size, fit, photos.data)
    samples = data.split_for_training(samples, photos.validation, photos.test, training.seed, alike, photos.split)

    specs = {"photos": photos, "stack": stack, "comparison": comparison, "training": training}
    run = Run.create(out, "compare", specs, force, resume, size=size, fit=fit, **samples.facts)
    with run.resumable():
        data.settle_split(samples, run.path / "split.csv")
        same = photos.taken_from(run.path / "split.csv", samples.task)
        say(f"1 of 3: a dense network of {hidden.dense[0]} units")
        dense = carry_on(scratch, run, "dense", photos=same, stack=bare, head=hidden, training=training)
        say(f"2 of 3: a Conv2D stack of {len(stack.blocks)} blocks")
        conv = carry_on(scratch, run, "stack", photos=same, stack=stack, head=head, training=training)
        say(f"3 of 3: transfer from {comparison.backbone}")
        tuned = carry_on(finetune, run, "transfer", photos=same, backbone=backbone, head=head, training=training)
        compared = evaluation.compare_runs(run, {"dense network": dense, "Conv2D stack": conv, "transfer": tuned}, comparison.budget)
        compared.write()
        figures.draw_comparison(compared, run.path / "comparison.png")
        figures.draw_translation(compared, run.path / "translation.png")
        figures.draw_reasons(compared, run.path / "three-reasons.png")
        run.note(state="finished")
    return compared


if __name__ == "__main__":
    program(compare)
