"""A stack saved on one backend answers the same on the other."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np
import pytest

from tltool.models.saving.store import save_model
from tltool.models.stack.conv_stack import build_stack
from tltool.specs import ConvStack

STACKS = {  # each costs seconds; benchmarks/stacks.py has every pair
    "photos": (
        ConvStack(
            conv=(
                "4@3/2:reflect",
                "4@2:replicate:min(3,2,same)",
                "4@3:dilation(2):constant(0.5):gem(3,2,same)",
                "4@3:valid:sum(2,padding=same)",
            ),
            channels=1,
            first_layer="gabor",
        ),
        (39, 36, 3),
    ),
    "signals": (ConvStack(conv=("4@4/2:causal:gem(3,2)", "4@3:dilation(2):causal:min", "4@3:replicate:average(2,padding=same)")), (50, 2)),
}
PROGRAM = """
import sys, numpy as np, keras
for name in sys.argv[2:]:
    model, x = keras.saving.load_model(f"{sys.argv[1]}/{name}.keras"), np.load(f"{sys.argv[1]}/{name}.npy")
    np.save(f"{sys.argv[1]}/{name}-{keras.backend.backend()}.npy", model.predict_on_batch(x))
"""


@pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")
def test_every_padding_and_pooling_answers_the_same_on_both_backends(tmp_path: Path) -> None:
    other = {"tensorflow": "jax", "jax": "tensorflow"}[keras.backend.backend()]
    expected = {}
    for name, (stack, shape) in STACKS.items():
        model = build_stack(stack, shape, seed=1)
        x = np.random.default_rng(0).uniform(0, 255 if len(shape) == 3 else 1, (3, *shape)).astype("float32")
        expected[name] = keras.ops.convert_to_numpy(model(x))
        save_model(model, tmp_path / f"{name}.keras")
        np.save(tmp_path / f"{name}.npy", x)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), *STACKS],
        capture_output=True,
        text=True,
        env={**os.environ, "KERAS_BACKEND": other, "JAX_PLATFORMS": "cpu"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for name, ours in expected.items():
        assert ours.std() > 0
        np.testing.assert_allclose(np.load(tmp_path / f"{name}-{other}.npy"), ours, atol=2e-4 * np.abs(ours).max(), err_msg=name)
