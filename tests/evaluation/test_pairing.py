"""Two runs beside one another: what is called a difference, and what cannot be compared."""

from pathlib import Path

import numpy as np
import pytest
from answered import CLASSES, LABELS, answering, with_errors

from tltool.data.predictions import write_predictions
from tltool.errors import RunError
from tltool.evaluation.pairing import tell_apart
from tltool.intervals import mcnemar
from tltool.runs import Run
from tltool.task import task_named


def test_a_run_beside_itself_is_no_different(tmp_path: Path) -> None:
    run = answering(tmp_path / "a", with_errors(1, 2))
    found = tell_apart(run, run)
    assert (found.gain, found.interval, found.p, found.is_real, found.turned) == (0, [0, 0], 1, False, [])
    assert [str(line) for line in found.said()][-1] == "No difference: both answer equally well about each of the test photos."


def test_who_is_right_more_often_is_better_by_mcnemars_test(tmp_path: Path) -> None:
    first, second = answering(tmp_path / "a", with_errors(*range(12))), answering(tmp_path / "b", with_errors(0, 59))
    found = tell_apart(first, second)
    assert found.gain == pytest.approx(10 / 60) and found.p == mcnemar(1, 11) and found.is_real
    assert [photo.path for photo in found.turned] == ["/photos/59.jpg", *(f"/photos/{i}.jpg" for i in range(1, 12))]
    worse = found.turned[0]
    assert (worse.label, worse.said_before, worse.said_after, worse.before, worse.after) == ("tie", "tie", "hat", 1, 0)
    table, verdict, photos = map(str, found.said())
    assert "made with" in table and "finetune" in table
    assert verdict.startswith("The second is better: the accuracy of the second is 0.167 higher (95 % interval +0.0")
    assert "better about 11 photos and worse about 1 (McNemar's exact test, p = 0.0063)." in verdict
    assert "/photos/59.jpg" in photos and "--json lists 6 more" in photos


def test_a_few_photos_more_are_noise(tmp_path: Path) -> None:
    found = tell_apart(answering(tmp_path / "a", with_errors(1, 2, 3)), answering(tmp_path / "b", with_errors(4)))
    assert not found.is_real and [*map(str, found.said())][1].startswith("Inside the noise, as two equals would differ by chance: ")


def test_the_order_of_the_photos_does_not_matter(tmp_path: Path) -> None:
    first, second = answering(tmp_path / "a", with_errors(*range(12))), answering(tmp_path / "b", with_errors(0))
    predictions = second.predictions().iloc[::-1]
    write_predictions(predictions, second.path / "predictions.csv")
    found = tell_apart(first, second)
    assert found.gain == pytest.approx(11 / 60) and len(found.turned) == 11


def probabilities(seed: int, clear: float) -> np.ndarray:
    noise = np.random.default_rng(seed).uniform(0, 1, (len(LABELS), 3))
    return np.clip((noise + clear * np.eye(3)[LABELS]) / (1 + clear), 0, 1)


def test_a_score_that_is_no_share_is_compared_by_exchanging_answers(tmp_path: Path) -> None:
    clear, vague = (answering(tmp_path / str(way), probabilities(1, way), "multilabel") for way in (2, 0.3))
    found = tell_apart(vague, clear)
    assert found.is_real and found.gain > 0.2 and found.interval[0] > 0 and found.test == "1,000 random exchanges"
    assert tell_apart(clear, vague).gain == -found.gain


def test_equals_are_seldom_called_different(tmp_path: Path) -> None:
    runs = [answering(tmp_path / str(seed), probabilities(seed, 0.5), "multilabel") for seed in range(40)]
    real = [tell_apart(one, other).is_real for one, other in zip(runs[::2], runs[1::2])]
    assert sum(real) <= 3  # of 20; four or more in one draw of sixty


def test_runs_of_other_photos_other_tasks_and_other_classes_are_refused(tmp_path: Path) -> None:
    first = answering(tmp_path / "a", with_errors(1))
    others = {
        "same photos with the same labels. Received: .*a, measured on 60, and .*b, measured on 60; 59 of them": answering(
            tmp_path / "b", with_errors(1), paths=["/photos/new.jpg", *(f"/photos/{i}.jpg" for i in range(1, 60))]
        ),
        "asked the same thing.*--task multilabel": answering(tmp_path / "c", probabilities(0, 1), "multilabel"),
    }
    for message, other in others.items():
        with pytest.raises(RunError, match=message):
            tell_apart(first, other)
    second = answering(tmp_path / "d", with_errors(1))
    second.note(classes=[*CLASSES, "scarf"])
    with pytest.raises(RunError, match=r"know the same classes.*'?scarf"):
        tell_apart(first, second)


def test_a_report_that_its_predictions_do_not_come_to_is_refused(tmp_path: Path) -> None:
    first, second = (answering(tmp_path / name, with_errors(1)) for name in "ab")
    write_predictions(answering(tmp_path / "c", with_errors(1, 2, 3)).predictions(), second.path / "predictions.csv")
    with pytest.raises(RunError, match=r"b, whose report.json says 0.9833 where its predictions.csv comes to 0.9500"):
        tell_apart(first, second)


def test_an_unfinished_run_is_one_sentence(tmp_path: Path) -> None:
    first = answering(tmp_path / "a", with_errors(1))
    with pytest.raises(RunError, match="must be finished"):
        tell_apart(first, Run.create(tmp_path / "b", "finetune", {}, classes=CLASSES, size=96, fit="crop"))


@pytest.mark.parametrize("task", ["classify", "multilabel"])
def test_a_photo_that_counts_twice_is_as_good_as_two(task: str) -> None:
    measures, answers = task_named(task).measures, probabilities(3, 0.4)
    labels = LABELS if task == "classify" else np.eye(3, dtype=int)[LABELS]
    twice = measures.weighted(labels, answers, CLASSES, {}, np.where(np.arange(60) < 20, 2.0, 1.0)[None])
    assert twice == pytest.approx(measures.score(np.concatenate([labels, labels[:20]]), np.concatenate([answers, answers[:20]]), CLASSES))
