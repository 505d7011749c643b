"""The heart of the package on the JAX backend, in a process in which TensorFlow cannot be imported."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import json, sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
class NoTensorFlow:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "tf_keras", "tensorflow_hub"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, NoTensorFlow())
import numpy as np, pandas
from tltool.data.samples import Samples
from tltool.evaluation.final import finish
from tltool.models.assembly import assemble
from tltool.models.stack.conv_stack import build_stack
from tltool.models.devices.device import use_device
from tltool.runs import Run
from tltool.specs import ConvStack, Head, Training
from tltool.training.fitting import fit, train
from tltool.training.phases import plan_phases
from tltool.training.plan import freeze_plan

random, classes, found = np.random.default_rng(0), ["blue", "red"], {"device": use_device(Training(device="cpu"))[1]}
table = pandas.DataFrame({"path": [f"/{i}.png" for i in range(32)], "sha256": "", "label": classes * 16, "group": "",
                          "split": ["train"] * 16 + ["validation"] * 8 + ["test"] * 8})
samples = Samples(table, classes)
colours = np.array([[90, 110, 150], [150, 110, 90]])[np.arange(32) % 2][:, None, None]
pixels = np.clip(colours + random.normal(0, 30, (32, 16, 16, 3)), 0, 255).astype("uint8")
head, training = Head(output="sigmoid", dense=(4,)), Training(epochs=2, learning_rate=0.01, batch_size=8, augment="light")
model = assemble(build_stack(ConvStack(filters=(4, 4), padding="reflect", pooling="min"), (16, 16, 3), 0), head, classes, 0)
first, second = plan_phases(training, head, 2, True)
phases = [replace(first, epochs=3), second]
freeze_plan(model, phases)
norm = [weight.copy() for weight in model.get_layer("backbone").get_layer("block1_batch_norm").get_weights()]
run = Run.create(Path(sys.argv[1]), "finetune", {}, size=16, fit="crop", classes=classes)
outcomes = train(model, pixels, samples, phases, training.model_copy(update={"tensorboard": find_spec("tensorboardX") is not None}), run)
finish(run, model, pixels, samples, outcomes, 0.0)
photos = pixels[:8].astype("float32")
probabilities, loaded = model.predict_on_batch(photos), run.model().predict_on_batch(photos)
rows = samples.rows("validation")
found["sums"] = float(np.abs(probabilities.sum(axis=1) - 1).max())
found["reload"] = float(np.abs(probabilities - loaded).max())
found["promised"] = max(outcome.score for outcome in outcomes)
checked = model.predict_on_batch(pixels[rows].astype("float32"))
found["validation"] = float((checked.argmax(axis=1) == samples.labels[rows]).mean())
after = model.get_layer("backbone").get_layer("block1_batch_norm").get_weights()
found["norm_kept"] = all(np.array_equal(a, b) for a, b in zip(norm, after))
found["epochs"] = [[row["phase"] for row in outcome.history].count(outcome.phase) for outcome in outcomes]
found["n"] = run.report()["n"]
found["curves"] = sorted(str(path.relative_to(run.path)) for path in run.path.glob("tensorboard/*/*"))
bfloat16 = training.model_copy(update={"precision": "mixed_bfloat16"})
half = fit(model, pixels, samples, replace(second, learning_rate=1e-6), bfloat16)
found["bfloat16"] = abs(half.score - max(outcome.score for outcome in outcomes))
found["policies"] = sorted({layer.dtype_policy.name for layer in model._flatten_layers()})
found["tensorflow"] = "tensorflow" in sys.modules
print(json.dumps(found))
"""


@pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")
def test_a_head_and_a_fine_tuning_are_trained_measured_saved_and_loaded_without_tensorflow(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "run")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["device"].endswith("(jax, float32)") and not found["tensorflow"]
    assert found["sums"] < 1e-6 and found["reload"] == 0
    assert found["validation"] == pytest.approx(found["promised"]) and found["norm_kept"]
    assert found["epochs"] == [3, 2] and found["n"] == 8
    assert found["curves"] == [
        f"tensorboard/{phase}/{part}" for phase in ("fine-tuning", "head") for part in ("train", "validation") if find_spec("tensorboardX")
    ]
    assert found["bfloat16"] <= 1 / 8 and found["policies"] == ["float32"]
