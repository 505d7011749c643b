"""``python -m attacks``: run campaigns, keep the inputs that won, print the table, exit with 1 where anything was lost."""

import argparse
import importlib
import json
import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from attacks.arena import Case

CAMPAIGNS = ("photos", "bombs", "models", "hub_modules", "exported", "signals", "runs", "cached", "kills", "disks", "crowds")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m attacks", description=__doc__)
    parser.add_argument("campaigns", nargs="*", choices=[*CAMPAIGNS, []], default=list(CAMPAIGNS))
    parser.add_argument("--scale", type=float, default=1.0, help="share of the cases to try (default: 1, all of them, an hour or two)")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    kept = Path(tempfile.mkdtemp(prefix="attacks-"))
    lost = 0
    print("| campaign | tried | accepted | refused | lost | longest | most memory | minutes |\n|---|---|---|---|---|---|---|---|")
    for name in asked.campaigns:
        os.makedirs(kept / name)
        started = time.monotonic()
        attack = importlib.import_module(f"attacks.{name}").attack
        cases = list(logged(attack(kept / name, asked.scale, asked.seed), kept / f"{name}.jsonl"))
        lost += report(name, cases, (time.monotonic() - started) / 60)
    print(f"\nWhat was lost can be made again with the same --seed; it lies in {kept}." if lost else "\nNothing was lost.")
    sys.exit(bool(lost))


def logged(cases: Iterable[Case], log: Path) -> Iterator[Case]:
    """``cases``, each written down as soon as it is known."""
    with log.open("w") as lines:
        for case in cases:
            print(json.dumps([case.kind, case.name, *case.verdict]), file=lines, flush=True)
            yield case


def report(name: str, cases: list[Case], minutes: float) -> int:
    """Print the campaign's row and what was lost in it; how many were."""
    outcomes = Counter(case.verdict.outcome for case in cases)
    lost = [case for case in cases if not case.verdict.survived]
    longest, most = (max((getattr(case.verdict, what) for case in cases), default=0) for what in ("seconds", "megabytes"))
    print(
        f"| {name} | {len(cases):,} | {outcomes['accepted']:,} | {outcomes['refused']:,} | {len(lost)} | {longest:.1f} s | "
        f"{most:.0f} MB | {minutes:.1f} |",
        flush=True,
    )
    by_fault = defaultdict(list)
    for case in lost:
        by_fault[case.kind, case.verdict.outcome, case.verdict.detail[:160]].append(case.name)
    for (kind, outcome, detail), names in by_fault.items():
        print(f"  {len(names)} × {kind}, {outcome}: {detail}\n    {', '.join(names[:5])}", file=sys.stderr, flush=True)
    return len(lost)


if __name__ == "__main__":
    main()
