import keras
import numpy as np
import pytest

from tltool.errors import SpecError
from tltool.models.head import attach_head
from tltool.specs import Head
from tltool.tasks.multilabel import head
from tltool.tasks.multilabel.average_precision import macro_average_precision
from tltool.tasks.multilabel.binned_precision import binned

LABELS = 4


@pytest.fixture
def model() -> keras.Model:
    given = keras.Input((6,))
    return keras.Model(given, attach_head(given, Head(dropout=0), LABELS, 0, "multilabel"))


def with_logits(model: keras.Model, bias: list[float]) -> np.ndarray:
    model.get_layer("logits").set_weights([np.zeros((6, LABELS)), np.array(bias)])
    return np.asarray(model.predict(np.zeros((1, 6)), verbose=0))[0]


def test_each_label_has_a_probability_of_its_own(model: keras.Model) -> None:
    assert with_logits(model, [3.0, 3.0, 3.0, 3.0]) == pytest.approx([0.953] * 4, abs=1e-3)  # a softmax would give each a quarter
    assert with_logits(model, [-5.0] * 4).sum() < 0.03  # and here 1 in all


def test_a_softmax_is_refused() -> None:
    with pytest.raises(SpecError, match=r"--head-output must be sigmoid or auto.*softmax"):
        attach_head(keras.Input((6,)), Head(output="softmax"), LABELS, 0, "multilabel")


def test_the_loss_of_a_label_does_not_depend_on_the_others(model: keras.Model) -> None:
    loss, truth = head.loss(model, 0.0), np.array([[1.0, 0, 0, 0]])
    alone, beside = (float(loss(truth, np.array([[0.0, -20.0, -20.0, other]]))) for other in (-20.0, -30.0))
    assert alone == pytest.approx(np.log(2) / LABELS, rel=1e-4) and beside == pytest.approx(alone, rel=1e-4)


def test_the_metric_is_macro_average_precision_to_the_width_of_a_bin(model: keras.Model) -> None:
    random = np.random.default_rng(0)
    logits, has = random.normal(0, 3, (80, LABELS)).astype("float32"), random.random((80, LABELS)) < 0.3
    has[:, 2] = False
    metric = head.metric(model)
    for part in (slice(0, 50), slice(50, 80)):
        metric.update_state(has[part].astype("float32"), logits[part], sample_weight=np.ones(part.stop - part.start))
    assert metric.name == "macro_ap"
    assert float(metric.result()) == pytest.approx(macro_average_precision(has, binned(logits)), abs=1e-6)
    assert float(metric.result()) == pytest.approx(macro_average_precision(has, logits), abs=0.01)
    metric.reset_state()
    assert float(metric.result()) == 0


def test_the_solved_head_separates_what_can_be_separated(model: keras.Model) -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(400, 6)).astype("float32")
    labels = (x[:, :LABELS] > 0.5).astype(int)
    solved = head.solve(model, (x[:300], labels[:300]), (x[300:], labels[300:]), False, 1)
    found = np.asarray(model.predict(x[300:], verbose=0))
    assert solved.score > 0.97
    assert macro_average_precision(labels[300:].astype(bool), found) == pytest.approx(solved.score, abs=1e-3)
    assert np.mean((found > 0.5) == labels[300:]) > 0.93


def test_a_label_that_all_or_none_have_gets_its_share(model: keras.Model, caplog: pytest.LogCaptureFixture) -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 6)).astype("float32")
    labels = np.stack([x[:, 0] > 0, x[:, 1] > 0, np.ones(60), np.zeros(60)], axis=1).astype(int)
    head.solve(model, (x[:40], labels[:40]), (x[40:], labels[40:]), True, 1)
    found = np.asarray(model.predict(x, verbose=0))
    assert found[:, 2] == pytest.approx(41 / 42, abs=1e-5) and found[:, 3] == pytest.approx(1 / 42, abs=1e-5)
    assert "2 labels cannot be learned" in caplog.text
