"""One temperature for all classes: fitted where photos say enough, 1 where they do not, and within the model from then on."""

import logging
from pathlib import Path

import numpy as np
import pandas
import pytest
from hypothesis import given, settings, strategies as st

from tltool.data.samples import Samples
from tltool.evaluation.temperature import calibrate, fit_temperature, tell_calibration
from tltool.models.assembly import assemble
from tltool.models.saving.store import load_model, save_model
from tltool.models.stack.conv_stack import build_stack
from tltool.runs.forms import Calibration
from tltool.specs import ConvStack, Head, Training
from tltool.tasks.classify import calibration
from tltool.training.heads import see_photos

CLASSES = ["ant", "bee", "cow"]


def samples_of(labels: np.ndarray, task: str = "classify") -> Samples:
    names = [CLASSES[label] for label in labels]
    table = {"path": [f"/{i}.png" for i in range(len(names))], "sha256": "", "label": names, "group": "", "split": "validation"}
    return Samples(pandas.DataFrame(table), CLASSES, task=task)


def drawn(n: int, sureness: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels drawn from the probabilities that they are with ``sureness`` 1; with 3 they are three times too sure."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 1.5, (n, 3))
    labels = np.array([random.choice(3, p=row) for row in np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)])
    return (logits * sureness).astype("float32"), labels


def fitted(logits: np.ndarray, labels: np.ndarray) -> Calibration:
    return fit_temperature(calibration, logits, samples_of(labels), np.arange(len(labels)))


@pytest.mark.parametrize("sureness", [0.5, 1.0, 3.0])
def test_answers_that_sound_too_sure_or_too_modest_are_mended_on_other_photos(sureness: float) -> None:
    facts = fitted(*drawn(1500, sureness))
    assert facts.temperature == pytest.approx(sureness, rel=0.15) and facts.kept is None
    (before, after), (logits, labels) = facts.log_loss, drawn(1500, sureness, seed=1)
    assert after <= before
    cooled = calibration.outputs(logits / facts.temperature).astype(float)
    assert calibration.error(cooled, labels) <= calibration.error(calibration.outputs(logits).astype(float), labels) + 0.01


def test_the_temperature_is_where_the_log_loss_with_its_prior_is_lowest() -> None:
    logits, labels = drawn(200, 2.0)
    facts, grid = fitted(logits, labels), np.linspace(-1, 2, 3001)
    costs = [calibration.log_loss(logits / np.exp(log), labels) + (log / 0.5) ** 2 / 2 for log in grid]
    assert np.log(facts.temperature) == pytest.approx(grid[int(np.argmin(costs))], abs=2e-3)


def test_few_photos_or_few_wrong_ones_leave_it_at_one_and_say_why() -> None:
    few = fitted(*drawn(49, 3.0))
    right = np.eye(3)[np.arange(60) % 3] * 5
    sure = fitted(right, np.arange(60) % 3)
    assert few.temperature == sure.temperature == 1 and few.log_loss[0] == few.log_loss[1]
    assert "on 50 validation photos or more, of which 10 or more are answered wrong. Received: 49, " in few.kept
    assert "Received: 60, 0 of them wrong. With more photos, or a larger --validation" in sure.kept
    assert tell_calibration(sure, "photo") == sure.kept


@settings(max_examples=20, deadline=None)
@given(st.integers(50, 150), st.floats(0.2, 5), st.integers(0, 99))
def test_on_its_own_photos_it_never_loses_and_the_answers_stay(n: int, sureness: float, seed: int) -> None:
    logits, labels = drawn(n, sureness, seed)
    facts = fitted(logits, labels)
    assert facts.log_loss[1] <= facts.log_loss[0] + 1e-6 and 1 / 20 <= facts.temperature <= 20
    assert ((logits / facts.temperature).argmax(axis=1) == logits.argmax(axis=1)).all()


def test_no_validation_photos_are_no_reason_to_stop() -> None:
    facts = fitted(np.empty((0, 3), "float32"), np.empty(0, int))
    assert (facts.temperature, facts.n, facts.log_loss) == (1, 0, None) and "Received: 0" in facts.kept


@pytest.mark.parametrize("head", [Head(), Head(dense=(6,)), Head(output="sigmoid")])
def test_what_is_saved_gives_the_calibrated_probabilities(tmp_path: Path, caplog: pytest.LogCaptureFixture, head: Head) -> None:
    classes = CLASSES[: 2 if head.output == "sigmoid" else 3]
    model = assemble(build_stack(ConvStack(filters=(4,)), (16, 16, 3), 0), head, classes, 0)
    kernel, bias = model.get_layer("logits").get_weights()
    model.get_layer("logits").set_weights([kernel * 200, bias])
    photos, labels = np.random.default_rng(0).integers(0, 256, (90, 16, 16, 3), "uint8"), np.arange(90) % len(classes)
    before = model.predict_on_batch(photos.astype("float32"))
    samples = samples_of(labels)
    samples = Samples(samples.table, classes)
    with caplog.at_level(logging.INFO, "tltool"):
        found = calibrate(model, see_photos(model, photos, samples, samples.rows("validation"), Training()), samples)
    save_model(model, tmp_path / "model.keras")
    after = load_model(tmp_path / "model.keras").predict_on_batch(photos.astype("float32"))
    assert (
        found.facts.temperature > 1.2
        and f"Calibrated with temperature {found.facts.temperature:.2f} on 90 validation photos" in caplog.text
    )
    np.testing.assert_allclose(found.validation[[f"p_{name}" for name in classes]].to_numpy(), after, atol=1e-5)
    assert (after.argmax(axis=1) == before.argmax(axis=1)).all()
    assert found.validation["predicted"].tolist() == [classes[i] for i in after.argmax(axis=1)]


def test_a_task_without_probabilities_of_one_class_is_left_alone() -> None:
    assert calibrate(None, np.empty(0), samples_of(np.arange(3), "multilabel")) is None
