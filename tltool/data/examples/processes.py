"""Two processes that differ in nothing but order: what a model tells them apart by can only be which value comes after which.

Every signal of the second class is one of the first with its values in other places. So both classes have the same values with the
same probabilities, and nothing that disregards order (mean, spread, histogram, the sorted signal) says anything about the class.
"""

from pathlib import Path
from typing import Literal

import numpy as np

Process = Literal["direction", "sequence"]
DECAY = 0.8  # of a shock from one step to the next
MOTIF = 8  # steps
NOISE = 0.2


def write_processes(
    file: Path, process: Process = "direction", signals: int = 400, length: int = 96, shuffled: bool = False, seed: int = 0
) -> Path:
    """Write ``file``, an ``.npz`` with x float32 [signals, length] and y [signals], half of it of each class, and return it.

    Args:
        shuffled: put every signal's values into a random order: a control, in which the classes do not differ at all.
    """
    random = np.random.default_rng((seed, list(PROCESSES).index(process)))
    y = np.arange(signals) % 2
    x = PROCESSES[process](y, length, random)
    if shuffled:
        x = random.permuted(x, axis=1)
    names = np.array(CLASSES[process])
    np.savez(file, x=x.astype(np.float32), y=names[y])
    return file


def draw_direction(y: np.ndarray, length: int, random: np.random.Generator) -> np.ndarray:
    """Signals [len(y), length] of shocks that decay: x(t) = 0.8·x(t−1) + e(t) with e exponential; run backwards where ``y`` is 1.

    Not even the spectrum tells them apart, as it is the same in both directions of time (Weiss 1975, "Time-reversibility of linear
    stochastic processes": only a process that is not Gaussian has a direction).
    """
    shocks = random.exponential(size=(len(y), length + 50))
    x = np.zeros_like(shocks)
    for t in range(1, shocks.shape[1]):
        x[:, t] = DECAY * x[:, t - 1] + shocks[:, t]
    x = x[:, -length:]  # without its beginning, which is not yet as all the rest
    return np.where(y[:, None] == 1, x[:, ::-1], x)


def draw_sequence(y: np.ndarray, length: int, random: np.random.Generator) -> np.ndarray:
    """Signals [len(y), length] of noise with two bumps, a ramp up and a ramp down, a third of the length apart; the one that comes first
    changes places with the other where ``y`` is 1.

    Only what sees both bumps at once can tell: near each of them there is nothing of the other.
    """
    x, apart = random.normal(0, NOISE, (len(y), length)), length // 3
    ramp = np.linspace(0, 1, MOTIF)
    for signal, second in zip(x, y == 1, strict=True):
        start = random.integers(0, length - apart - MOTIF + 1)
        first, last = slice(start, start + MOTIF), slice(start + apart, start + apart + MOTIF)
        signal[first] += ramp
        signal[last] += ramp[::-1]
        if second:
            signal[first], signal[last] = signal[last].copy(), signal[first].copy()
    return x


PROCESSES = {"direction": draw_direction, "sequence": draw_sequence}
CLASSES = {"direction": ("forwards", "backwards"), "sequence": ("up first", "down first")}
