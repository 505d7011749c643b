"""Peak anonymous memory of the quick check, at two numbers of photos, each in a process of its own.

    python benchmarks/reading_memory.py [--photos 2000 50000] [--keep FOLDER]

The photos are 64 × 48 JPEGs, every one different, in ten class folders. RssAnon of ``/proc/self/status`` is sampled every 20 ms while
``read_photos``, ``make_thumbnails``, ``find_near_duplicates`` and ``check_photos`` run with an
empty cache. Asked for: less than 600 MB at either number.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from PIL import Image


def make(folder: Path, n: int) -> Path:
    random = np.random.default_rng(0)
    for i in range(n):
        place = folder / f"class {i % 10}"
        place.mkdir(parents=True, exist_ok=True)
        coarse = Image.fromarray(random.integers(0, 255, (6, 8, 3), np.uint8))
        coarse.resize((64, 48), Image.Resampling.BICUBIC).save(place / f"{i:06}.jpg")
    return folder


def anonymous() -> float:
    """RssAnon now, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("RssAnon")).split()[1]) / 1e3


def measure(folder: Path) -> None:
    """Print the peak after each step, for the process that asked."""
    from tltool import checks, data

    highest = [0.0]

    def watch() -> None:
        while True:
            highest[0] = max(highest[0], anonymous())
            time.sleep(0.02)

    threading.Thread(target=watch, daemon=True).start()
    started = time.perf_counter()

    def report(step: str) -> None:
        print(f"  {step:14} peak {max(highest[0], anonymous()):6.0f} MB after {time.perf_counter() - started:6.1f} s", flush=True)

    report("start")
    samples = data.read_photos(folder)
    report("read_photos")
    samples, thumbnails = data.make_thumbnails(samples)
    report("look_at")
    alike = data.find_near_duplicates(thumbnails.pixels)
    report("find_near_duplicates")
    checks.check_photos(samples, thumbnails, alike, None, 224, folder)
    report("audit_photos")


def main(options: argparse.Namespace) -> None:
    peaks = {}
    for n in options.photos:
        with tempfile.TemporaryDirectory(dir=options.keep) as scratch:
            folder = make(Path(scratch) / "photos", n)
            done = subprocess.run(
                [sys.executable, __file__, "--measure", str(folder)],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
                env=os.environ | {"TLTOOL_CACHE": str(Path(scratch) / "cache")},
            )
        print(f"{n} photos\n{done.stdout}", end="", flush=True)
        peaks[n] = float(done.stdout.splitlines()[-1].split("peak")[1].split()[0])
    few, many = min(peaks), max(peaks)
    if few < many:
        print(f"growth: {(peaks[many] - peaks[few]) / (many - few) * 1e3:.2f} KB per photo")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, nargs="+", default=[2000, 50_000])
    parser.add_argument("--keep", type=Path, help="folder with room for the photos; default: the system's own for such things")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    measure(chosen.measure) if chosen.measure else main(chosen)
