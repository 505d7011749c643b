"""Does a change of the house change an answer? Two checkouts, each with its ``.venv``, train and export on the same photos, and what they
say is compared to the last bit: ``python benchmarks/same_bits.py OLD NEW PHOTOS [--photos 600]``.

OLD and NEW are checkouts after ``make quick``; PHOTOS is a folder with ``train/``, of which the first photos of every class are taken.
Compared are the ``predictions.csv`` of finetune with the head alone, finetune without augmentation, scratch without augmentation and
signals, and of every exported file of the first on its run's test photos. Everything runs with ``--deterministic --seed 0``, each checkout
with a cache of its own.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

FLAGS = ("--deterministic", "--seed", "0", "--force")
EXPORTS = (
    "--format",
    "tflite",
    "--format",
    "onnx",
    *(flag for p in ("float32", "float16", "dynamic", "int8", "int16x8") for flag in ("--precision", p)),
)
SIGNALS = "from pathlib import Path; import sys; from tltool.data import write_processes; write_processes(Path(sys.argv[1]))"


def main() -> None:
    asked = arguments()
    with tempfile.TemporaryDirectory(prefix="same-bits-") as scratch:
        place = Path(scratch)
        take_photos(asked.photos_folder, place / "photos", asked.photos)
        found = {name: answers(checkout.resolve(), place, place / name) for name, checkout in (("old", asked.old), ("new", asked.new))}
    differing = [what for what, said in found["old"].items() if found["new"].get(what) != said]
    for what in found["old"]:
        print(f"{'DIFFERS' if what in differing else 'same':8} {what}")
    sys.exit(bool(differing or found["old"].keys() != found["new"].keys()))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("photos_folder", type=Path)
    parser.add_argument("--photos", type=int, default=600)
    return parser.parse_args()


def take_photos(source: Path, target: Path, count: int) -> None:
    """The first photos of every class, ``count`` together."""
    classes = sorted(folder for folder in (source / "train").iterdir() if folder.is_dir())
    for folder in classes:
        (target / folder.name).mkdir(parents=True)
        for photo in sorted(folder.iterdir())[: count // len(classes)]:
            shutil.copyfile(photo, target / folder.name / photo.name)


def answers(checkout: Path, place: Path, out: Path) -> dict[str, bytes]:
    """What the tool of ``checkout`` says, by what was asked."""
    return dict(asked_one_by_one(checkout, place, out))


def asked_one_by_one(checkout: Path, place: Path, out: Path) -> Iterator[tuple[str, bytes]]:
    photos = ("--data", str(place / "photos"))
    trainings = {
        "head": ("finetune", *photos, "--unfreeze", "none"),
        "fine-tuned": ("finetune", *photos, "--augment", "none", "--epochs", "2"),
        "scratch": ("scratch", *photos, "--augment", "none", "--epochs", "3"),
        "signals": ("signals", str(place / "signals.npz"), "--epochs", "3"),
    }
    if not (place / "signals.npz").exists():
        subprocess.run([checkout / ".venv/bin/python", "-c", SIGNALS, str(place / "signals.npz")], check=True)
    for name, line in trainings.items():
        tltool(checkout, out, *line, "--out", str(out / name), *FLAGS)
        yield name, (out / name / "predictions.csv").read_bytes()
    tltool(checkout, out, "export", str(out / "head"), *EXPORTS, "--max-drop", "1")
    exported = (out / "head" / "exports").iterdir()
    for file in sorted(path for path in exported if path.suffix in (".tflite", ".onnx")):
        tltool(checkout, out, "evaluate", str(file), "--out", str(out / file.name))
        yield file.name, (out / file.name / "predictions.csv").read_bytes()


def tltool(checkout: Path, out: Path, *line: str) -> None:
    print(checkout.name, *line[:2], flush=True)
    command = [checkout / ".venv/bin/python", "-m", "tltool", *line]
    own_cache = {**os.environ, "TLTOOL_CACHE": str(out / "cache")}
    done = subprocess.run(command, cwd=checkout, env=own_cache, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(line)} failed in {checkout}:\n{done.stderr[-2000:]}")


if __name__ == "__main__":
    main()
