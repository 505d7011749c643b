"""Where a backbone comes from: Keras's own networks or an earlier run."""

from pathlib import Path

import keras
import numpy as np
import pytest

from tltool.errors import RunError, SpecError
from tltool.models import backbone
from tltool.models.assembly import assemble
from tltool.models.saving.store import save_model
from tltool.models.sources import native_size, open_backbone, tell_classes
from tltool.models.stack.conv_stack import build_stack
from tltool.runs import Report, Run
from tltool.specs import Backbone, ConvStack, Head
from tltool.tasks.classify.measures import measure

REPORT = Report(**measure(np.array([0]), np.array([[1.0, 0.0]]), ["a", "b"], "test"))


@pytest.fixture
def earlier(tmp_path: Path) -> Run:
    """A finished run with a small stack for 16 pixels."""
    run = Run.create(tmp_path / "earlier", "scratch", {}, size=16, fit="crop", classes=["a", "b"])
    save_model(assemble(build_stack(ConvStack(filters=(4,)), (16, 16, 3), seed=5), Head(), ["a", "b"], 0), run.path / "model.keras")
    return run.finish(REPORT)


def test_native_sizes_come_from_the_catalogue_and_from_the_run(earlier: Run) -> None:
    assert native_size(Backbone(name="inception_v3")) == 299
    assert native_size(Backbone(name=earlier.path)) == 16


def test_a_run_gives_its_body_without_its_head(earlier: Run) -> None:
    photos = np.random.default_rng(0).uniform(0, 255, (2, 16, 16, 3)).astype("float32")
    body = open_backbone(Backbone(name=earlier.path), 16)
    assert body.name == "backbone" and body.output_shape == (None, 8, 8, 4)
    same = build_stack(ConvStack(filters=(4,)), (16, 16, 3), seed=5)
    np.testing.assert_array_equal(body.predict_on_batch(photos), same.predict_on_batch(photos))
    assert assemble(body, Head(), ["x", "y", "z"], 0).predict_on_batch(photos).shape == (2, 3)


def test_a_run_goes_on_at_its_own_size_only(earlier: Run) -> None:
    with pytest.raises(SpecError, match=r"--size must be .* 16. Received: 32"):
        open_backbone(Backbone(name=earlier.path), 32)


@pytest.mark.parametrize(
    ("classes", "told"),
    [
        (["a", "b"], ""),
        (["b", "c\x1b", "d"], r"Classes of {}: 1 are here again; new: c\x1b, d; no longer there: a. The head learns all of them."),
        (["a", "b", *"cdefghijklmn"], "Classes of {}: 2 are here again; new: c, d, e, f, g, h, i, j, k, l …. The head learns all of them."),
    ],
)
def test_new_and_lost_classes_of_a_run_are_told(earlier: Run, caplog: pytest.LogCaptureFixture, classes: list[str], told: str) -> None:
    with caplog.at_level("INFO", "tltool"):
        tell_classes(Backbone(name=earlier.path), classes)
        tell_classes(Backbone(name="mobilenet"), classes)
    assert caplog.messages == [told.format(earlier.path)] * bool(told)


def test_an_unfinished_run_is_no_backbone(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "stopped", "finetune", {}, size=16)
    for question in (native_size, lambda backbone: open_backbone(backbone, 16)):
        with pytest.raises(RunError, match="must be finished"):
            question(Backbone(name=run.path))


def test_a_folder_that_is_no_run_is_no_backbone(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"holds run.json"):
        open_backbone(Backbone(name=tmp_path), 16)


@pytest.mark.parametrize("download", [True, False])
def test_a_name_is_opened_with_its_weights_and_the_leave_to_download(monkeypatch: pytest.MonkeyPatch, download: bool) -> None:
    asked = []
    monkeypatch.setattr(backbone, "load_backbone", lambda *what: asked.append(what) or keras.Model())
    open_backbone(Backbone(name="resnet50", weights="none"), 96, download)
    assert asked == [("resnet50", "none", 96, download)]
