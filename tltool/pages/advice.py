"""What to do next, and why: rules that look at all that is known of a run, what matters most first."""

import shlex
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from tltool.pages.answered import SURE
from tltool.pages.confusions import confuse
from tltool.pages.facts import Facts
from tltool.pages.learning import best_epoch, read_epochs
from tltool.summary import HARDLY
from tltool.wording import counted, quoted, shown

KINDS = ("mend", "look", "next")
FEW_TO_MEASURE = 100  # photos; fewer are called a small test
WIDE = 0.15  # an interval from end to end
FAR = 0.15  # of validation below training photos, and of a class below all
HARDER = 0.02  # of test below validation photos, and more than the interval allows
FEW_TO_LEARN = 20  # training photos of a class
ENOUGH = 5  # photos of a class about which something can be said
LOST = 0.02  # of the score by an export, as ``--max-drop`` has it
NAMED = 5  # classes in a sentence


class Advice(NamedTuple):
    """One thing to do: ``mend`` it, ``look`` at it, or what comes ``next``; ``command`` is ``""`` where none does it."""

    kind: str
    says: str
    why: str
    command: str = ""


def advise(facts: Facts) -> list[Advice]:
    """What every rule says that applies; what must be mended first."""
    return sorted((advice for rule in RULES for advice in rule(facts)), key=lambda advice: KINDS.index(advice.kind))


def _unfinished(facts: Facts) -> Iterator[Advice]:
    if facts.record.state != "finished":
        command = facts.run.resumption if facts.record.typed else ""
        yield Advice("mend", "Let the training go on.", "The run is not finished: nothing was measured on photos kept apart.", command)
    if facts.record.stopped:
        yield Advice("mend", "Train again, with what stopped it mended.", facts.record.stopped)


def _no_better_than_guessing(facts: Facts) -> Iterator[Advice]:
    if facts.report and facts.guessed is not None and facts.interval[0] <= facts.guessed:
        why = f"The interval begins at {facts.interval[0]:.3f}, and somebody who has not seen the photos would reach {facts.guessed:.3f}."
        yield Advice("mend", "Do not rely on it: it may be no better than guessing. Check the labels, add photos.", why, facts.checking)


def _small_test(facts: Facts) -> Iterator[Advice]:
    if not facts.report:
        return
    (low, high), n, what, score = facts.interval, facts.report.n, facts.what, facts.task.measures.SCORE.name
    if high - low > WIDE:
        why = f"On {n} {what} the {score} may lie anywhere from {low:.2f} to {high:.2f}; four times as many would halve that."
        yield Advice("look", f"Measure on more {what}.", why)
    elif n < FEW_TO_MEASURE:
        yield Advice("look", f"Measure on more {what}.", f"{n} are a small test: a difference of a few hundredths can be chance.")


def _overfitted(facts: Facts) -> Iterator[Advice]:
    score = facts.task.measures.SCORE
    best = best_epoch(read_epochs(facts.history, score), facts.record.kept)
    if best and best.train is not None and best.validation is not None and best.train - best.validation > FAR:
        why = (
            f"In the best epoch of {best.phase} the {score.name} was {best.train:.2f} on training {facts.what} and {best.validation:.2f} "
            "on validation: it knows its own by heart."
        )
        yield Advice("look", f"Add {facts.what}, vary them more (--augment), or let fewer layers learn (--unfreeze).", why)


def _test_is_harder(facts: Facts) -> Iterator[Advice]:
    chosen = facts.record.validation_accuracy.get(facts.record.kept)
    if facts.report and facts.report.split == "test" and chosen is not None and chosen > facts.interval[1] + HARDER:
        why = (
            f"The validation {facts.what} chose the weights at {chosen:.2f}; on the test {facts.what} no more than {facts.interval[1]:.2f} "
            "is likely."
        )
        yield Advice("look", f"Look whether the test {facts.what} are of another kind than the validation {facts.what}.", why)


def _few_to_learn_from(facts: Facts) -> Iterator[Advice]:
    if facts.samples is None:
        return
    trained = Counter(name for name, part in _labels(facts) if part == "train")
    few = sorted((n, name) for name, n in ((name, trained[name]) for name in facts.samples.classes) if n < FEW_TO_LEARN)
    if few:
        named = ", ".join(f"{quoted(name)} ({n})" for n, name in few[:NAMED]) + (
            f" and {len(few) - NAMED} more" if len(few) > NAMED else ""
        )
        why = f"Of {'it' if len(few) == 1 else 'each'} there are fewer than {FEW_TO_LEARN} to learn from."
        yield Advice("look", f"Add {facts.what} of {named}.", why)


def _weak_classes(facts: Facts) -> Iterator[Advice]:
    if not facts.photos or len(facts.record.classes) < 2:
        return
    mean = float(np.mean([photo.goodness for photo in facts.photos]))
    of_class: dict[str, list[float]] = {}
    for photo in facts.photos:
        for name in photo.truth.labels if photo.truth else facts.task.labels.names(photo.label):
            of_class.setdefault(name, []).append(photo.goodness)
    weak = sorted((float(np.mean(its)), name, len(its)) for name, its in of_class.items() if len(its) >= ENOUGH)
    if weak and weak[0][0] < mean - FAR:
        low, name, n = weak[0]
        why = f"Its {counted(n, 'photo')} are answered worst: {low:.2f} on average, where all are answered with {mean:.2f}."
        yield Advice("look", f"Look at the photos of {quoted(name)}.", why)


def _more_photos(facts: Facts) -> Iterator[Advice]:
    if not (curve := facts.record.learning_curve):
        return
    low, high = curve.gain_interval
    most = f"{curve.photos[-1]:,}"
    if high < HARDLY:
        why = f"By the learning curve twice the {most} training {facts.what} would bring {max(high, 0):.3f} at most."
        yield Advice("next", f"Look for gains elsewhere: more {facts.what} of this kind would hardly help.", why)
    elif low > 0 or curve.gain >= HARDLY:
        says = f"Add training {facts.what}." if low > 0 else f"Add training {facts.what} if they are easily had: they may help."
        why = f"By the learning curve twice the {most} would likely bring {curve.gain:.2f} ({low:.2f} to {high:.2f})."
        yield Advice("next", says, why.replace("-", "−"))


def _confused(facts: Facts) -> Iterator[Advice]:
    if not facts.task.labels.EXCLUSIVE or not facts.photos:
        return
    for cell in confuse(facts.photos, facts.record.classes).pairs[:1]:
        if len(cell.photos) > 1:
            why = f"{len(cell.photos)} of {round(len(cell.photos) / cell.share)} {quoted(cell.true)} are taken for {quoted(cell.said)}."
            says = f"Add photos that show what tells {quoted(cell.true)} from {quoted(cell.said)}, or make them one class."
            yield Advice("look", says, why)


def _surely_wrong(facts: Facts) -> Iterator[Advice]:
    sure = [photo for photo in facts.photos if photo.is_wrong and (photo.lead or 0) >= SURE]
    if sure:
        are = "is" if len(sure) == 1 else "are"
        why = f"{counted(len(sure), 'photo')} {are} answered wrong with certainty: that may be the label's mistake."
        yield Advice("look", "Look at the labels.", why, f"{facts.checking} --deep" if facts.checking else "")


def _export(facts: Facts) -> Iterator[Advice]:
    if not facts.report or facts.record.kind != "photo":
        return
    place = shlex.quote(str(facts.run.path))
    lossy = [file for file, its in facts.parity.items() if isinstance(its.get("drop"), (int, float)) and its["drop"] > LOST]
    for file in lossy:
        why = f"It loses {facts.parity[file]['drop']:.3f} of the score on the way."
        yield Advice("mend", f"Do not ship {shown(file)} as it is.", why, f"tltool export {place} --format tflite --precision float16")
    if facts.parity and not lossy:
        yield Advice("next", "See how fast the exports are.", "They answer like the model.", f"tltool benchmark {place}")
    if not facts.parity:
        command = f"tltool export {place} --format tflite --precision int8"
        yield Advice("next", "Export it, for a phone or another program.", "Every export is compared with the model.", command)


def _labels(facts: Facts) -> Iterator[tuple[str, str]]:
    """Every class of every photo, and its part."""
    if facts.samples is not None:
        parts = facts.samples.table["split"]
        yield from ((name, part) for names, part in zip(facts.samples.names, parts, strict=True) for name in names)


RULES: tuple[Callable[[Facts], Iterator[Advice]], ...] = (
    _unfinished,
    _no_better_than_guessing,
    _small_test,
    _overfitted,
    _test_is_harder,
    _few_to_learn_from,
    _more_photos,
    _confused,
    _weak_classes,
    _surely_wrong,
    _export,
)
