"""Photo → backbone → head as one model."""

import zipfile

import keras
import numpy as np
import pytest

from tltool.models.assembly import assemble
from tltool.models.saving.store import load_model, save_model
from tltool.models.stack.conv_stack import build_stack
from tltool.specs import ConvStack, Head

PHOTOS = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3)).astype("float32")


def classifier(head: Head, classes: int = 2, seed: int = 0) -> keras.Model:
    return assemble(build_stack(ConvStack(filters=(4, 4)), (16, 16, 3), seed), head, [str(i) for i in range(classes)], seed)


def test_the_parts_have_the_names_that_everything_else_looks_for() -> None:
    model = classifier(Head(), classes=3)
    assert (model.input_shape, model.output_shape) == ((None, 16, 16, 3), (None, 3))
    names = [layer.name for layer in model.layers]
    assert names[:2] == ["photo", "backbone"] and names[-4:] == ["features", "logits_dropout", "logits", "probabilities"]
    assert model.layers[0].dtype == "float32"


def test_one_seed_gives_one_model_and_another_seed_another() -> None:
    first, again, other = (classifier(Head(dense=(4,)), seed=seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first.get_weights(), again.get_weights(), strict=True))
    assert not np.allclose(first.predict_on_batch(PHOTOS), other.predict_on_batch(PHOTOS))


@pytest.mark.parametrize("head", [Head(output="sigmoid"), Head(pool="min", dense=(4,)), Head(pool="sum"), Head(pool="flatten")])
def test_a_model_saved_and_loaded_answers_the_same(head: Head, tmp_path) -> None:
    model = classifier(head)
    save_model(model, tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict_on_batch(PHOTOS), model.predict_on_batch(PHOTOS))
    np.testing.assert_allclose(loaded.predict_on_batch(PHOTOS).sum(axis=1), 1, atol=1e-6)


def test_a_saved_model_holds_neither_lambda_nor_augmentation(tmp_path) -> None:
    save_model(classifier(Head(output="sigmoid")), tmp_path / "model.keras")
    config = zipfile.ZipFile(tmp_path / "model.keras").read("config.json").decode()
    assert "Lambda" not in config and "Random" not in config
