import numpy as np
import pytest
from sklearn.metrics import f1_score

from tltool.tasks.multilabel.measures import floor, measure, told

CLASSES = ["a", "b", "never"]
HAS = np.stack([np.arange(40) % 2, np.arange(40) % 5 == 0, np.zeros(40)], axis=1).astype(int)


def test_a_perfect_answer_scores_1_and_photos_that_are_all_alike_the_base_rate() -> None:
    perfect = measure(HAS, HAS.astype(float), CLASSES, "test")
    assert (perfect["macro_ap"], perfect["macro_f1"], perfect["micro_f1"], perfect["exact"]) == (1, 1, 1, 1)
    same = measure(HAS, np.full(HAS.shape, 0.6), CLASSES, "test")
    assert same["macro_ap"] == pytest.approx(same["base_rate"]) == pytest.approx((0.5 + 0.2) / 2)


def test_f1_is_that_of_scikit_learn_and_who_says_yes_to_everything_has_the_floor() -> None:
    scores = np.random.default_rng(0).random(HAS.shape)
    report = measure(HAS, scores, CLASSES, "test", {"thresholds": dict(zip(CLASSES, (0.4, 0.6, 0.99)))})
    named = scores >= [0.4, 0.6, 0.99]
    assert report["micro_f1"] == pytest.approx(f1_score(HAS, named, average="micro"))
    assert report["macro_f1"] == pytest.approx(f1_score(HAS[:, :2], named[:, :2], average="macro"))
    yes = measure(HAS, np.ones(HAS.shape), CLASSES, "test")
    assert yes["all_yes"] == {"macro_f1": pytest.approx(yes["macro_f1"]), "micro_f1": pytest.approx(yes["micro_f1"])}


def test_intervals_hold_the_number_and_narrow_with_more_photos() -> None:
    scores = 0.4 * HAS + np.random.default_rng(0).random(HAS.shape)
    few, many = measure(HAS, scores, CLASSES, "test"), measure(np.tile(HAS, (9, 1)), np.tile(scores, (9, 1)), CLASSES, "test")
    for key in ("macro_ap", "macro_f1", "micro_f1"):
        low, high = few[f"{key}_interval"]
        assert low <= few[key] <= high
        assert many[f"{key}_interval"][1] - many[f"{key}_interval"][0] < (high - low) / 2


def test_what_is_told_names_the_floors() -> None:
    table, precision, f1 = told(measure(HAS, HAS * 0.9, CLASSES, "test"))
    assert table.columns == ("label", "photos", "base rate", "average precision", "precision", "recall", "F1", "named from")
    assert table.rows[2][:4] == ("never", "0", "0.00", "–")
    assert "guessing would reach 0.350" in precision and precision.startswith("Macro average precision 1.000 (95 % interval 1.000–1.000)")
    assert "naming every label would reach" in f1
    assert "0.350" in floor(HAS, CLASSES, "validation photos", HAS)
