"""tltool against the plain Keras guide on the same photos and weights, in turns: seconds, accuracy and peak memory.

    python benchmarks/against_keras_guide.py PHOTOS [--seeds 1] [--without-guide]

PHOTOS has train/, validation/ and test/. The guide is `benchmarks/keras_guide.py` as written; with --with-crop also with
crop_to_aspect_ratio. Its seconds are those of ``fit`` alone. Ours are whole commands, from the start of Python to the printed report:
the head alone with an empty cache, the same with the cache that left, and all defaults with an empty cache. Memory is the peak of
RssAnon, seen ten times a second from outside. CPU seconds say less about other work on the machine than wall seconds do.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

GUIDE = Path(__file__).with_name("keras_guide.py")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--seeds", type=int, default=1, help="of ours")
    parser.add_argument("--without-guide", action="store_true")
    parser.add_argument("--with-crop", action="store_true", help="the guide's accuracy with crop_to_aspect_ratio too")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="against-guide-") as scratch:
        place = Path(scratch)
        if not asked.without_guide:
            tell("guide", guide(asked.photos))
        if asked.with_crop:
            tell("guide, cropped", guide(asked.photos, "--crop"))
        tell("head alone, cold cache", ours(asked.photos, place / "head", place / "cache-head", "--unfreeze", "none"))
        tell("head alone, warm cache", ours(asked.photos, place / "head again", place / "cache-head", "--unfreeze", "none"))
        for seed in range(asked.seeds):
            tell(f"default, seed {seed}", ours(asked.photos, place / f"all-{seed}", place / f"cache-{seed}", "--seed", str(seed)))


def tell(name: str, result: dict[str, Any]) -> None:
    print(json.dumps({"what": name} | result), flush=True)


def guide(photos: Path, *flags: str) -> dict[str, Any]:
    output, costs = watched([sys.executable, str(GUIDE), str(photos), *flags], dict(os.environ))
    return {"phases": [json.loads(line) for line in output.splitlines() if line.startswith("{")]} | costs


def ours(photos: Path, run: Path, cache: Path, *flags: str) -> dict[str, Any]:
    _, costs = watched(
        [sys.executable, "-m", "tltool", "finetune", "--data", str(photos), "--out", str(run), *flags],
        {**os.environ, "TLTOOL_CACHE": str(cache)},
    )
    report = json.loads((run / "report.json").read_text())
    return {"test": report["accuracy"], "interval": report["accuracy_interval"]} | costs


def watched(command: list[str], environment: dict[str, str]) -> tuple[str, dict[str, float]]:
    """What ``command`` prints, and its wall seconds, CPU seconds and peak of anonymous memory in megabytes."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        peak: list[int] = [0]
        watcher = threading.Thread(target=watch_memory, args=(process.pid, peak), daemon=True)
        watcher.start()
        output = process.communicate()[0]
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return output, {"seconds": round(time.monotonic() - started, 1), "cpu_seconds": round(cpu, 1), "peak_mb": peak[0] // 1000}


def watch_memory(pid: int, peak: list[int]) -> None:
    """The largest RssAnon of the process, in kilobytes, into ``peak[0]``, until it ends."""
    while True:
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:
            return
        peak[0] = max(peak[0], *(int(line.split()[1]) for line in lines if line.startswith("RssAnon")), 0)
        time.sleep(0.1)


if __name__ == "__main__":
    main()
