"""No output depends on a later input: what each step may have seen, worked out, and held against built stacks to the last bit."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, reject, settings, strategies as st

from tltool import ConvStack, SpecError
from tltool.models.stack.causality import describe_reach, foresight, seen_by, stride_of
from tltool.models.stack.conv_stack import build_stack
from tltool.models.stack.shapes import Placed, lay_out

ROOT = Path(__file__).parents[2]
LENGTH = 24

BLOCKS = st.builds(
    "{}@{}{}:{}:{}".format,
    st.integers(1, 3),
    st.integers(1, 5),
    st.sampled_from(["", "/2", "/3", ":dilation(2)", ":dilation(3)"]),
    st.sampled_from(["relu", "tanh"]),
    st.sampled_from(["none", "max(2)", "average(3,2)", "min(2)", "sum(2,padding=same)", "gem(2)"]),
)
PROGRAM = """
import json, sys
import numpy as np
from tltool import ConvStack
from tltool.models.stack.conv_stack import build_stack
from tltool.models.stack.causality import seen_by
from tltool.models.stack.shapes import lay_out

random, worst = np.random.default_rng(0), []
for stack in (ConvStack(filters=(4, 4, 4), padding="causal", dilation_growth=2),
              ConvStack(conv=("4@3", "4@2/2", "4@5:dilation(3)"), padding="causal", pooling="average(2)"),
              ConvStack(conv=("4@3:max(3,2)", "4@4:min(2)", "4@3:sum(2,padding=same)", "4@3:gem(2)"), padding="causal")):
    placed, x = lay_out(stack.blocks, (64, 2)), random.normal(size=(1, 64, 2)).astype("float32")
    model, signals = build_stack(stack, (64, 2), seed=0), np.repeat(x, 64, axis=0)
    others = np.where(np.tri(64, k=-1, dtype=bool)[..., None], signals, 100 * random.normal(size=signals.shape))  # row t: from t on
    before, after = (np.asarray(model.predict_on_batch(batch.astype("float32"))) for batch in (signals, others))
    worst += [float(np.abs(before[t, k] - after[t, k]).max())
              for t in range(64) for k in range(before.shape[1]) if seen_by(k, placed)[-1] < t]
print(json.dumps({"worst": max(worst), "compared": len(worst), "tensorflow": "tensorflow" in sys.modules}))
"""


def laid_out(stack: ConvStack) -> list[Placed]:
    """A drawn stack on signals of ``LENGTH``, if it fits."""
    try:
        return lay_out(stack.blocks, (LENGTH, 2))
    except SpecError:
        reject()


def steps_that_change(stack: ConvStack, t: int, later: bool, length: int = LENGTH) -> set[int]:
    """The steps of the feature map that are other numbers once the signal is another from ``t`` on, or at ``t`` alone."""
    signal = np.random.default_rng(0).normal(size=(1, length, 2)).astype("float32")
    changed = signal.copy()
    changed[0, t : None if later else t + 1] += 10
    model = build_stack(stack, signal.shape[1:], seed=0)
    before, after = (np.asarray(model(one, training=False))[0] for one in (signal, changed))  # alone: places in a batch round otherwise
    return set(np.flatnonzero((before != after).any(axis=1)).tolist())


@settings(max_examples=25, deadline=None)
@given(st.lists(BLOCKS, min_size=1, max_size=3), st.integers(1, LENGTH - 1))
def test_what_a_causal_stack_says_of_a_step_never_depends_on_what_comes_after_the_last_step_it_sees(conv: list[str], t: int) -> None:
    stack = ConvStack(conv=tuple(conv), padding="causal", pooling="none")
    placed = laid_out(stack)
    for step in steps_that_change(stack, t, later=True):
        assert seen_by(step, placed)[-1] >= t


@settings(max_examples=25, deadline=None)
@given(
    st.lists(BLOCKS, min_size=1, max_size=2),
    st.sampled_from(["same", "valid", "reflect", "replicate", "constant(0.5)", "causal"]),
    st.integers(0, LENGTH - 1),
)
def test_only_steps_that_see_a_step_change_with_it(conv: list[str], padding: str, t: int) -> None:
    stack = ConvStack(conv=tuple(conv), padding=padding, pooling="none")
    placed = laid_out(stack)
    for step in steps_that_change(stack, t, later=False):
        assert t in seen_by(step, placed)


@pytest.mark.parametrize(
    ("stack", "seen"),
    [
        (ConvStack(conv=("2@3", "2@3:dilation(2)"), padding="causal", pooling="none", activation="linear", batch_norm=False), range(6, 13)),
        (ConvStack(conv=("2@3",), padding="same", pooling="none", activation="linear"), range(11, 14)),
        (ConvStack(conv=("2@2",), padding="causal", pooling="average(2)", activation="linear"), range(23, 26)),
    ],
)
def test_a_step_sees_all_that_it_is_said_to_see_and_nothing_else(stack: ConvStack, seen: range) -> None:
    placed = lay_out(stack.blocks, (32, 2))
    assert seen_by(12, placed) == seen
    assert {t for t in range(32) if 12 in steps_that_change(stack, t, later=False, length=32)} == set(seen)


@pytest.mark.parametrize(
    ("stack", "later", "stride"),
    [
        (ConvStack(filters=(4, 4, 4), padding="causal", dilation_growth=2), 0, 8),
        (ConvStack(conv=("2@5/2", "2@5:dilation(4)"), padding="causal", pooling="none"), 0, 2),
        (ConvStack(conv=("2@3:max(3,2)",), padding="causal"), 1, 2),  # a window that reaches into the next step
        (ConvStack(conv=("2@3",), padding="same", pooling="none"), 1, 1),
        (ConvStack(conv=("2@5",), padding="reflect", pooling="none"), 2, 1),
        (ConvStack(conv=("2@3",), padding="valid", pooling="none"), 2, 1),
        (ConvStack(filters=()), 0, 1),
    ],
)
def test_a_stack_is_causal_when_no_step_sees_beyond_those_it_stands_for(stack: ConvStack, later: int, stride: int) -> None:
    placed = lay_out(stack.blocks, (64, 2))
    assert (foresight(placed), stride_of(placed)) == (later, stride)
    assert ("none of them later." in describe_reach(stack, (64, 2))) == (later == 0)


def test_a_stack_that_is_not_causal_is_caught() -> None:
    stack = ConvStack(conv=("2@3",), padding="same", pooling="none")
    assert 11 in steps_that_change(stack, 12, later=True), "a step before the change has changed"


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_no_feature_depends_on_a_later_input_to_the_last_bit_on_either_backend(backend: str) -> None:
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        env={**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["worst"] == 0 and found["compared"] > 500
    assert found["tensorflow"] == (backend == "tensorflow")
