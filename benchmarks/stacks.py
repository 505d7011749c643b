"""Does every stack build, learn, travel and export? All pairs of initializer, padding and pooling.

    python benchmarks/stacks.py

Makes small stacks in which every initializer meets every padding and every pooling, and every padding every pooling, in the
same block. Each learns one step on TensorFlow and one on JAX, is saved, answers again in plain Keras with safe_mode where tltool is
never imported, on JAX with the same weights, and as a float32 TFLite file. A stack counts only if its answers differ from photo to
photo; that the zeros of one initializer stay zeros is known. Largest gaps of a probability are printed, and failures named.

Exit code 1 when anything fails.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tltool import ConvStack, Head, catalog, models

ARGUMENTS = {
    "constant": "(0.1)",
    "orthogonal": "(gain=1.4)",
    "random_normal": "(stddev=0.1)",
    "random_uniform": "(minval=-0.1, maxval=0.2)",
    "truncated_normal": "(stddev=0.02)",
    "variance_scaling": "(scale=2, mode=fan_out, distribution=uniform)",
}
INITIALIZERS = [name + ARGUMENTS.get(name, "") for name in catalog.INITIALIZERS]
PADDINGS = ("valid", "same", "reflect", "replicate", "constant(0.5)")
POOLINGS = ("max", "average", "min", "sum", "gem", "none")
HEADS = ("gem", "flatten", "avg", "max", "min", "sum")  # by turns; in this order no minimum follows GeM, whose least it would be
PHOTO, SIGNAL, MOST, CLASSES, EACH = (16, 16, 3), (32, 2), 80, 3, 8
ALLOWED = {"reloaded": 1e-6, "jax": 1e-4, "tflite": 1e-4}  # largest gap of a probability
LEAST_SPREAD = 1e-3  # standard deviation over the photos of the probability that varies most
ROUNDING = 1e-5  # of the largest value; what varies less is not made larger
PLAIN = """
import json, sys, keras, numpy as np
found = {}
for name in sys.argv[2:]:
    try:
        model = keras.saving.load_model(f"{sys.argv[1]}/{name}.keras", safe_mode=True)
        with np.load(f"{sys.argv[1]}/{name}.npz") as kept:
            answers = keras.ops.convert_to_numpy(model(kept["x"], training=False))
            found[name] = {"gap": float(np.abs(answers - kept["answers"]).max())}
    except Exception as error:
        found[name] = {"failure": f"{type(error).__name__}: {error}"}
assert "tltool" not in sys.modules
json.dump(found, open(f"{sys.argv[1]}/plain.json", "w"))
"""


class Case(NamedTuple):
    """A stack of blocks (padding, pooling), and the pool of its head; ``name`` is that of its files."""

    name: str
    initializer: str
    blocks: tuple[tuple[str, str], ...]
    head: str
    window: str = ""
    shape: tuple[int, ...] = PHOTO

    @property
    def stack(self) -> ConvStack:
        """The minimum of what ReLU leaves is mostly zero, so a leaky one stands before it."""
        return ConvStack(
            kernel_initializer=self.initializer,
            conv=tuple(
                f"{4 + 2 * i}@3:{padding}:{'leaky_relu' if 'min' in (pooling, self.head) else 'relu'}:"
                f"{pooling}{self.window if pooling != 'none' else ''}"
                for i, (padding, pooling) in enumerate(self.blocks)
            ),
        )


def deal() -> list[Case]:
    """Two places a stack, three stacks an initializer: six places are enough for six poolings and, turned by one from initializer to
    initializer, for every padding beside every pooling. Stacks of equal blocks would need 84."""
    cases: list[Case] = []
    for turn, initializer in enumerate(INITIALIZERS):
        places = [(PADDINGS[(turn + i) % len(PADDINGS)], pooling) for i, pooling in enumerate(POOLINGS)]
        random.Random(turn).shuffle(places)
        for pair in zip(places[::2], places[1::2], strict=True):
            number = len(cases)
            cases.append(
                Case(
                    f"{number:02}-{initializer.partition('(')[0]}",
                    initializer,
                    pair,
                    HEADS[number % len(HEADS)],
                    ("", "(3,2,same)")[turn % 2],
                )
            )
    signals = (("he_normal", "max", "gem"), ("orthogonal", "min", "sum"), ("lecun_uniform", "average", "none"), ("ones", "none", "max"))
    return cases + [
        Case(f"signal-{initializer}", initializer, tuple(("causal", pooling) for pooling in poolings), HEADS[i], shape=SIGNAL)
        for i, (initializer, *poolings) in enumerate(signals)
    ]


def missing(cases: Iterable[Case]) -> list[tuple[str, str]]:
    """Pairs that no block of a stack for photos has."""
    met = {
        pair
        for case in cases
        for padding, pooling in case.blocks
        for pair in ((case.initializer, padding), (case.initializer, pooling), (padding, pooling))
    }
    return [
        pair
        for pair in (*product(INITIALIZERS, PADDINGS), *product(INITIALIZERS, POOLINGS), *product(PADDINGS, POOLINGS))
        if pair not in met
    ]


def example(shape: tuple[int, ...]) -> np.ndarray:
    """float32 [EACH, *shape]: photos 0–255, each of a colour that fades and a texture of its own; or signals."""
    draw = np.random.default_rng(0)
    if shape == SIGNAL:
        return draw.normal(size=(EACH, *shape)).astype("float32")
    fading = draw.integers(0, 256, (EACH, 1, 1, 3)) * np.linspace(0.2, 1, shape[0])[:, None]
    return (fading + draw.integers(-40, 40, (EACH, *shape))).clip(0, 255).round().astype("float32")


def learn_one_step(case: Case) -> Any:
    """A model after one step, which must have been one; its batch norm knows the averages of the photos it has seen."""
    import keras

    keras.utils.set_random_seed(0)
    head = Head(pool=case.head, dropout=0)  # type: ignore[arg-type]
    model = models.assemble(models.build_stack(case.stack, case.shape, 1), head, [str(i) for i in range(CLASSES)], 1)
    norms = [layer for layer in model.get_layer("backbone").layers if isinstance(layer, keras.layers.BatchNormalization)]
    momenta = [norm.momentum for norm in norms]
    before = [keras.ops.convert_to_numpy(weight) for weight in model.trainable_weights]
    for norm in norms:
        norm.momentum = 0.0
    model.compile("adam", "sparse_categorical_crossentropy")
    loss = float(model.train_on_batch(example(case.shape), np.arange(EACH) % CLASSES))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    after = [keras.ops.convert_to_numpy(weight) for weight in model.trainable_weights]
    assert np.isfinite(loss) and all(np.isfinite(weight).all() for weight in after), f"loss {loss} after one step"
    assert any((old != new).any() for old, new in zip(before, after, strict=True)), "nothing was learned"
    return model


def answers_of(model: Any, x: np.ndarray) -> np.ndarray:
    import keras

    return np.asarray(keras.ops.convert_to_numpy(model(x, training=False)))


def on_tensorflow(case: Case, folder: Path) -> dict[str, Any]:
    """Learn, save, answer, and answer as TFLite; the logits get mean 0 and standard deviation 1, so that no softmax hides a gap."""
    from tltool.exports.tflite.conversion import convert
    from tltool.models.head import logits_of
    from tltool.models.saving.store import save_model

    x, model = example(case.shape), learn_one_step(case)
    kernel, bias = model.get_layer("logits").get_weights()
    logits = answers_of(logits_of(model), x)
    if (spread := logits.std(axis=0).max()) > ROUNDING * np.abs(logits).max():
        model.get_layer("logits").set_weights([kernel / spread, (bias - logits.mean(axis=0)) / spread])
    answers = answers_of(model, x)
    save_model(model, folder / f"{case.name}.keras")
    np.savez(folder / f"{case.name}.npz", x=x, answers=answers)
    gap = float(np.abs(ask_tflite(convert(model, "float32"), x) - answers).max())
    return {"gap": gap, "spread": float(answers.std(axis=0).max())}


def on_jax(case: Case, folder: Path) -> dict[str, Any]:
    from tltool.models.saving.store import load_model

    learn_one_step(case)
    with np.load(folder / f"{case.name}.npz") as kept:
        return {"gap": float(np.abs(answers_of(load_model(folder / f"{case.name}.keras"), kept["x"]) - kept["answers"]).max())}


def ask_tflite(content: bytes, x: np.ndarray) -> np.ndarray:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    given, asked = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]

    def ask(one: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(given, one[None])
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(asked)[0])

    return np.stack([ask(one) for one in x])


BACKENDS: dict[str, Callable[[Case, Path], dict[str, Any]]] = {"tensorflow": on_tensorflow, "jax": on_jax}


def judge_all(backend: str, folder: Path) -> None:
    """Every case in this one process; what goes wrong with one is written down and does not stop the others."""
    import keras

    found = {}
    for case in deal():
        try:
            found[case.name] = BACKENDS[backend](case, folder)
        except Exception as error:
            found[case.name] = {"failure": f"{type(error).__name__}: {error}"}
        keras.backend.clear_session()
        print(f"{backend} {case.name}: {found[case.name]}", file=sys.stderr, flush=True)
    (folder / f"{backend}.json").write_text(json.dumps(found))


def try_pairs() -> int:
    cases = deal()
    if (left := missing(cases)) or len(cases) > MOST:
        print(f"{len(cases)} stacks, of {MOST} at most, do not cover {left}")
        return 1
    with tempfile.TemporaryDirectory() as place:
        started = time.monotonic()
        found = {process: judge_in(process, Path(place), cases) for process in (*BACKENDS, "plain")}
    print(f"{len(cases)} stacks cover every pair; {time.monotonic() - started:.0f} s")
    tell_gaps(cases, found)
    return finish([*failures_in(cases, found)])


def judge_in(process: str, folder: Path, cases: list[Case]) -> dict[str, dict[str, Any]]:
    """One process for all cases: a backend's, or plain Keras's."""
    program = ["-c", PLAIN, str(folder), *(case.name for case in cases)] if process == "plain" else [__file__, "--on", process, str(folder)]
    backend = "tensorflow" if process == "plain" else process
    subprocess.run(
        [sys.executable, *program],
        check=True,
        env={**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    found: dict[str, dict[str, Any]] = json.loads((folder / f"{process}.json").read_text())
    return found


def finish(failures: list[str]) -> int:
    print("\n".join(["", *failures]) if failures else "\nno failures")
    return int(bool(failures))


SOURCES = {"reloaded": "plain", "jax": "jax", "tflite": "tensorflow"}  # of each kind of gap, the process
Found = dict[str, dict[str, dict[str, Any]]]  # by process and case


def tell_gaps(cases: list[Case], found: Found) -> None:
    """Print the largest gaps by initializer, padding, pooling and head."""
    print(f"\n{'largest gap of a probability':62} stacks" + "".join(f"{kind:>10}" for kind in SOURCES))
    for name, group in {**grouped(cases), "all": cases}.items():
        gaps = [np.max([found[process][case.name].get("gap", np.nan) for case in group]) for process in SOURCES.values()]
        print(f"{name:62} {len(group):6}" + "".join(f"{gap:10.1e}" for gap in gaps))
    print(f"{'allowed':69}" + "".join(f"{ALLOWED[kind]:10.0e}" for kind in SOURCES))
    same = sum(found["plain"][case.name].get("gap") == 0 for case in cases)
    print(
        f"{same} of {len(cases)} answer to the last bit as before they were saved; alike to every photo: "
        f"{', '.join(constant(cases, found))}"
    )


def grouped(cases: list[Case]) -> dict[str, list[Case]]:
    groups = {initializer: [case for case in cases if case.initializer == initializer] for initializer in INITIALIZERS}
    for i, words in enumerate(((*PADDINGS, "causal"), POOLINGS)):
        groups |= {word: [case for case in cases if any(block[i] == word for block in case.blocks)] for word in words}
    return groups | {f"head {head}": [case for case in cases if case.head == head] for head in HEADS}


def constant(cases: list[Case], found: Found) -> list[str]:
    return [case.name for case in cases if found["tensorflow"][case.name].get("spread", 1) < LEAST_SPREAD]


def failures_in(cases: list[Case], found: Found) -> Iterator[str]:
    yield from (
        f"{name}: answers alike to every photo, so that nothing was tried" for name in constant(cases, found) if "zeros" not in name
    )
    for case, (kind, process) in product(cases, SOURCES.items()):
        result = found[process][case.name]
        said = f"{case.name} ({case.initializer}; {', '.join(case.stack.conv)}; head {case.head})"
        if "failure" in result:
            yield f"{said} on {process}: {result['failure']}"
        elif not result["gap"] <= ALLOWED[kind]:
            yield f"{said}: {kind} is {result['gap']:.2e} away, more than {ALLOWED[kind]:g}"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--on", backend, folder]:
            judge_all(backend, Path(folder))
        case []:
            sys.exit(try_pairs())
        case _:
            sys.exit(__doc__)
