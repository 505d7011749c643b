"""Train a Conv1D stack from scratch on signals in a NumPy file."""

import time

from tltool import data, evaluation, models, pages, tracking, training as engine
from tltool.options import program, recipe
from tltool.parameters import DryRun, Force, MinScore, Out, Report, Resume
from tltool.progress import say, show
from tltool.runs import Run, reserve
from tltool.specs import ConvStack, Head, Signals, Training
from tltool.training.estimate import Estimate


@recipe
def signals(
    signals: Signals,
    stack: ConvStack = ConvStack(filters=(32, 64, 128), padding="causal", dilation_growth=2),
    head: Head = Head(),
    training: Training = Training(),
    out: Out = None,
    force: Force = False,
    dry_run: DryRun = False,
    min_score: MinScore = None,
    report: Report = True,
    resume: Resume = None,
) -> Run | Estimate:
    """Train a Conv1D stack from scratch on signals in a NumPy file.

    DATA is an .npz file: x, numbers, signals × time or signals × time × channels; y, one label per signal; and, if need be, split
    (train, validation, test) and group. The signals are standardised inside the model. Padding is causal, so that no output sees a later
    input, and dilation doubles from block to block. There is no augmentation.
    """
    started = time.monotonic()
    training = engine.without_augmentation(training)
    reserve(out, "signals", force, reads=(signals.data,), resume=resume)
    samples = data.read_signals(signals.data)
    samples = data.split_for_training(samples, signals.validation, signals.test, training.seed)
    values = data.load_signals(samples)

    training, device = models.use_device(training)
    stack = models.resolve_stack(stack, values.shape[1:])
    body = models.build_stack(stack, values.shape[1:], training.seed)
    scaling = models.normalize(values[samples.rows("train")])
    model = models.assemble(body, head, samples.classes, training.seed, scaling)
    training = engine.resolve_training(training, len(samples.rows("train")), False)
    phases = engine.plan_phases(training, head)
    show(engine.freeze_plan(model, phases))
    say(models.describe_reach(stack, values.shape[1:]))
    models.warn_of_large_head(model, samples.task)
    if dry_run:
        return engine.estimate_training(model, values, samples, phases, training, started)

    specs = {"signals": signals, "stack": stack, "head": head, "training": training}
    size, channels = values.shape[1:]
    facts = {"device": device, "size": size, "channels": channels, "phases": engine.as_records(phases), **samples.facts}
    run = Run.create(out, "signals", specs, force, resume, {"min_score": min_score, "report": None if report else False}, **facts)
    with run.resumable():
        data.settle_split(samples, run.path / "split.csv")
    with tracking.tracked(run, training.track, model) as follow:
        outcomes = engine.train(model, values, samples, phases, training, run, follow)
        evaluation.finish(run, model, values, samples, outcomes, started)
    if report:
        pages.add_page(run)
    evaluation.check_gate(run, min_score)
    return run


if __name__ == "__main__":
    program(signals)
