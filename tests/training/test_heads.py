"""The head alone: nothing else changes, its features are computed once, and it sees the views that were asked for."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas
import pytest

from tltool.data.cache.rows import RowForm
from tltool.data.pixels import Pixels
from tltool.data.samples import Samples
from tltool.errors import TltoolError
from tltool.models.assembly import assemble
from tltool.models.stack.conv_stack import build_stack
from tltool.models.views import View, plan_views
from tltool.specs import ConvStack, Head, Training
from tltool.training import features as module, heads
from tltool.training.fitting import train
from tltool.training.heads import fit_head
from tltool.training.phases import plan_phases
from tltool.training.state import Stretch

LAYOUT = RowForm("pixels", (16, 16, 3), "uint8", ("decoder", 16, "crop"), {"size": 16, "fit": "crop"})


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many photos each batch took through the backbone."""
    counts, predict = [], module._predict
    monkeypatch.setattr(module, "_predict", lambda extractor, photos, size: counts.append(len(photos)) or predict(extractor, photos, size))
    return counts


def colours() -> tuple[Samples, Pixels]:
    """36 photos whose colour tells their class, more or less."""
    noise = np.random.default_rng(0).normal(0, 30, (36, 16, 16, 3))
    tints = np.array([[90, 110, 150], [115, 115, 115], [150, 110, 90]])
    array = np.clip(tints[np.arange(36) % 3][:, None, None] + noise, 0, 255).astype("uint8")
    contents = [f"{i:064x}" for i in range(36)]
    table = pandas.DataFrame(
        {
            "path": [f"/{i}.png" for i in range(36)],
            "sha256": contents,
            "label": ["blue", "grey", "red"] * 12,
            "group": "",
            "split": ["train"] * 21 + ["validation"] * 9 + ["test"] * 6,
        }
    )
    return Samples(table, ["blue", "grey", "red"]), Pixels(array.shape, lambda rows: array[rows], contents, LAYOUT)


def classifier(head: Head, classes: list[str]) -> keras.Model:
    return assemble(build_stack(ConvStack(filters=(4, 4)), (16, 16, 3), 0), head, classes, 0)


def ignore(stretch: Stretch) -> None:
    """In the place of who keeps it."""


@pytest.mark.parametrize("head", [Head(), Head(dense=(4,)), Head(pool="flatten")])
def test_only_the_head_changes_and_ends_as_good_as_it_says(head: Head) -> None:
    samples, pixels = colours()
    model, training = classifier(head, samples.classes), Training(batch_size=8)
    weights, before = [weight.path for weight in model.weights], model.get_weights()
    phase = replace(plan_phases(training, head, "none", True)[0], epochs=2)
    outcome = fit_head(model, pixels, samples, phase, training, None, ignore)
    moved = {path for path, old, new in zip(weights, before, model.get_weights(), strict=True) if not np.array_equal(old, new)}
    assert moved == {f"{layer}/{part}" for layer in ("logits", *(["dense1"] if head.dense else [])) for part in ("kernel", "bias")}
    assert outcome.phase == "head" and outcome.history[0]["epoch"] == 1 and ("loss" in outcome.history[0]) != phase.solved
    rows = samples.rows("validation")
    said = model.predict_on_batch(pixels[rows].astype("float32")).argmax(axis=1)
    assert outcome.score == max(row["val_accuracy"] for row in outcome.history)
    assert outcome.score == pytest.approx((said == samples.labels[rows]).mean())


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_a_solved_head_says_of_two_classes_what_its_accuracy_promises(output: str) -> None:
    samples, pixels = colours()
    table = samples.table[samples.table["label"] != "grey"]
    two, theirs = Samples(table.reset_index(drop=True), ["blue", "red"]), pixels[table.index.to_numpy()]
    model, training = classifier(Head(output=output), two.classes), Training()
    outcome = fit_head(model, theirs, two, plan_phases(training, Head(output=output), "none", True)[0], training, None, ignore)
    rows = two.rows("validation")
    said = model.predict_on_batch(theirs[rows].astype("float32")).argmax(axis=1)
    assert outcome.score == pytest.approx((said == two.labels[rows]).mean())


@pytest.mark.parametrize(("head", "views"), [(Head(), 1), (Head(), 3), (Head(dense=(4,)), 3), (Head(pool="flatten"), 1)])
def test_a_second_training_of_the_head_runs_no_photo_through_the_backbone(head: Head, views: int, seen: list[int]) -> None:
    samples, pixels = colours()
    training = Training(batch_size=8, views=views, augment="light")
    phase = replace(plan_phases(training, head, "none", True)[0], epochs=1)
    outcomes = []
    for _ in range(2):
        keras.utils.set_random_seed(0)
        model = classifier(head, samples.classes)
        outcomes += train(model, pixels, samples, [phase], training)
    assert sum(seen) == 21 * views + 9  # of both; no photo of the test
    assert all(np.array_equal(a, b) for a, b in zip(*(outcome.weights for outcome in outcomes), strict=True))


def test_validation_photos_are_never_varied(monkeypatch: pytest.MonkeyPatch) -> None:
    samples, pixels = colours()
    varied: dict[View, set[str]] = {}
    see = module.see
    monkeypatch.setattr(
        module, "see", lambda photos, view, contents: varied.setdefault(view, set()).update(contents) or see(photos, view, contents)
    )
    training = Training(views=4, augment="standard", flip=False, seed=3)
    model = classifier(Head(), samples.classes)
    train(model, pixels, samples, plan_phases(training, Head(), "none", True), training)
    plain, *others = plan_views(4, "standard", False, 3)
    assert set(varied) == {plain, *others} and len(others) == 3
    assert len(varied[plain]) == 30 and all(varied[view] == set(samples.of("train").table["sha256"]) for view in others)


def test_a_photo_seen_in_two_equal_views_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    samples, pixels = colours()
    weights = []
    monkeypatch.setattr(module, "see", lambda photos, view, contents: photos.astype("float32"))
    for views in (1, 4):
        training = Training(views=views, augment="light")
        model = classifier(Head(), samples.classes)
        train(model, pixels, samples, plan_phases(training, Head(), "none", True), training)
        weights.append(model.get_layer("logits").get_weights()[0])
    np.testing.assert_allclose(*weights, atol=1e-3 * np.abs(weights[0]).max())


def test_views_that_do_not_fit_into_memory_together_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(parts: list[np.ndarray]) -> np.ndarray:
        raise MemoryError

    parts = [np.zeros((2, 3), "float32")] * 2
    monkeypatch.setattr(heads.np, "concatenate", full)
    with pytest.raises(TltoolError, match=r"features of 2 views must fit into memory together\. Received: .*fewer --views"):
        heads._joined(parts)
