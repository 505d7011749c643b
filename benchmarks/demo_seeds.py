"""Does the demo's claim hold? Transfer against the same stack from scratch on the same few digits, five seeds, paired.

python benchmarks/demo_seeds.py [SEED …]
"""

import sys
import tempfile
from pathlib import Path

from tltool import demo

if __name__ == "__main__":
    print("seed  from scratch  fine-tuned  difference")
    differences = []
    for seed in map(int, sys.argv[1:] or range(5)):
        with tempfile.TemporaryDirectory() as folder:
            runs = demo(out=Path(folder) / "demo", seed=seed).runs
            alone, tuned = (runs[name].report()["accuracy"] for name in ("5–9 from scratch", "5–9 fine-tuned"))
        differences.append(tuned - alone)
        print(f"{seed:4}  {alone:12.3f}  {tuned:10.3f}  {tuned - alone:+10.3f}", flush=True)
    print(f"\nabove zero in {sum(d > 0 for d in differences)} of {len(differences)} seeds; mean {sum(differences) / len(differences):+.3f}")
