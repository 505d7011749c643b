"""Does a causal stack learn order? Two pairs of processes that differ in nothing else, each with a shuffled control.

    python benchmarks/order.py [SEED …]

``direction`` is a process and the same one run backwards; ``sequence`` is two bumps and the same two the other way round, 32 steps apart.
A stack that sees 7 steps is the baseline in the same run: enough for the first, not for the second. Shuffling the values of every signal
leaves no difference to learn, so whatever a control gets above one half would be a leak.
"""

import sys
import tempfile
from pathlib import Path

from tltool import ConvStack, Signals, Training, signals
from tltool.data import write_processes

STACKS = {
    "default: sees 50 steps": ConvStack(padding="causal", dilation_growth=2),
    "sees 7 steps": ConvStack(padding="causal", pooling="none"),
}

if __name__ == "__main__":
    seeds = list(map(int, sys.argv[1:])) or [0, 1, 2]
    print(f"{'process':<12}{'stack':<26}{'values':<13}{'accuracy on 120 test signals, by seed (95 % interval)':<72}seconds")
    for process in ("direction", "sequence"):
        for name, stack in STACKS.items():
            for shuffled in (False, True):
                cells, seconds = [], 0.0
                for seed in seeds:
                    with tempfile.TemporaryDirectory() as folder:
                        file = write_processes(Path(folder) / "signals.npz", process, 400, shuffled=shuffled, seed=seed)
                        run = signals(
                            Signals(data=file, test=0.3),
                            stack,
                            training=Training(epochs=30, learning_rate=0.005, seed=seed),
                            out=Path(folder) / "run",
                        )
                        report, seconds = run.report(), seconds + run.finished["seconds"]
                    low, high = report["accuracy_interval"]
                    cells.append(f"{report['accuracy']:.3f} ({low:.2f}–{high:.2f})")
                values = "shuffled" if shuffled else "as they are"
                print(f"{process:<12}{name:<26}{values:<13}{'   '.join(cells):<72}{seconds / len(seeds):.0f}", flush=True)
