"""A backbone computes in bfloat16 while it learns, and nobody can tell from the model afterwards."""

import json
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from tltool.models.assembly import assemble
from tltool.models.augmentation import trainer_of
from tltool.models.backbone import load_backbone
from tltool.models.head import logits_of
from tltool.models.precision import computing_in
from tltool.models.saving.store import save_model
from tltool.models.stack.conv_stack import build_stack
from tltool.specs import ConvStack, Head

CLASSES = ["blue", "grey", "red"]


def classifier(head: Head = Head(), **stack: object) -> keras.Model:
    return assemble(build_stack(ConvStack(filters=(4, 8), **stack), (16, 16, 3), 0), head, CLASSES, 0)


def photos(side: int = 16) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (6, side, side, 3)).astype("float32")


def policies(model: keras.Model) -> dict[str, str]:
    return {layer.name: layer.dtype_policy.name for layer in model._flatten_layers()}


def test_the_backbone_computes_in_bfloat16_and_its_ends_and_the_head_in_float32() -> None:
    model = classifier(Head(dense=(4,)))
    with computing_in("mixed_bfloat16", model):
        inside = policies(model)
        gives = {
            layer.name: layer(np.ones((2, *layer.input.shape[1:]), "float32")).dtype for layer in model.get_layer("backbone").layers[1:]
        }
    switched = {name for name, policy in inside.items() if policy != "float32"}
    last = model.get_layer("backbone").layers[-1].name
    assert {"block1_conv", "block1_batch_norm", "block1_relu", "block2_conv"} <= switched
    (pixels,) = (layer.name for layer in model.get_layer("backbone").layers if isinstance(layer, layers.Rescaling))
    assert not switched & {pixels, "backbone", "classifier", "features", "dense1", "logits", "probabilities", last}
    assert "bfloat16" in str(gives["block1_conv"]) and "float32" in str(gives[last])
    assert set(policies(model).values()) == {"float32"}


@pytest.mark.parametrize("head", [Head(), Head(pool="max", dense=(4,)), Head(pool="flatten"), Head(pool="sum")])
def test_logits_are_float32_and_near_those_of_float32(head: Head) -> None:
    model = classifier(head)
    wanted = logits_of(model).predict_on_batch(photos())
    with computing_in("mixed_bfloat16", model):
        found = trainer_of(model).predict_on_batch(photos())
    assert found.dtype == wanted.dtype == np.float32
    assert 0 < np.abs(found - wanted).max() < 0.05 * np.abs(wanted).max()
    np.testing.assert_array_equal(logits_of(model).predict_on_batch(photos()), wanted)


def test_float32_changes_nothing() -> None:
    model = classifier()
    with computing_in("float32", model):
        assert set(policies(model).values()) == {"float32"}


def test_an_error_leaves_no_trace_and_neither_does_the_process() -> None:
    model = classifier()
    with pytest.raises(KeyError), computing_in("mixed_bfloat16", model):
        raise KeyError
    assert set(policies(model).values()) == {"float32"} and keras.config.dtype_policy().name == "float32"


def test_a_step_moves_float32_weights_and_the_saved_model_is_as_if_it_had_learned_in_float32(tmp_path: Path) -> None:
    model, targets = classifier(), np.eye(3, dtype="float32")[[0, 1, 2, 0, 1, 2]]
    save_model(model, tmp_path / "before.keras")
    before = [weight.copy() for weight in model.get_weights()]
    with computing_in("mixed_bfloat16", model):
        trainer = trainer_of(model)
        trainer.compile("adam", keras.losses.CategoricalCrossentropy(from_logits=True))
        assert np.isfinite(trainer.train_on_batch(photos(), targets))
        assert {str(variable.dtype) for variable in trainer.optimizer.variables} <= {"float32", "int32", "int64"}
    assert {weight.dtype for weight in model.get_weights()} == {np.dtype("float32")}
    assert any(not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    save_model(model, tmp_path / "after.keras")
    one, other = (zipfile.ZipFile(tmp_path / name).read("config.json") for name in ("before.keras", "after.keras"))
    assert json.loads(one) == json.loads(other) and b"bfloat16" not in other


def test_a_model_within_the_backbone_is_reached_and_a_hub_module_is_left_alone() -> None:
    class Module(layers.Identity):
        frozen_statistics = True

    inner = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(2, 3, name="inside")])
    pixels = keras.Input((8, 8, 3))
    model = keras.Model(pixels, keras.Model(pixels, layers.ReLU()(Module(name="module")(inner(pixels))), name="backbone")(pixels))
    with computing_in("mixed_bfloat16", model):
        found = policies(model)
    assert found["inside"] == "mixed_bfloat16" and found["module"] == "float32"


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "efficientnet_b0", "convnext_tiny", "resnet50"])
def test_every_family_of_backbones_learns_in_bfloat16(name: str) -> None:
    model = assemble(load_backbone(name, "none", 32), Head(), CLASSES, 0)
    with computing_in("mixed_bfloat16", model):
        symbols = trainer_of(model)
    assert symbols.output.dtype == "float32"
