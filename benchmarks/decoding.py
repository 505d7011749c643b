"""From a folder of JPEGs to pixels at 224 px: tltool, a plain Pillow loop on one thread, and Keras's own loader, taking turns.

    python benchmarks/decoding.py PHOTOS [--photos 100] [--copies 20] [--rounds 5] [--cores N] [--size 4032x3024 …] [--keep FOLDER]

PHOTOS is a folder of real photos, of which ``--photos`` are brought to each size as a camera would store them (noise like a sensor's,
quality 90, EXIF orientation 6 on every fourth). Each is copied ``--copies`` times with a comment of its own, so that no two files have
the same content. Every file is in the page cache before the clock starts; tltool begins each round with an empty cache of its own, and
its time is all of ``read_photos`` (listing, reading, hashing), ``make_thumbnails`` where named, and ``decode_once`` (decoding, writing the
cache, verifying it). Figures asked for on two cores: against the loop at least 6 at 4032x3024 and 1.3 at 500x375, against Keras at
least 1.2 at 4032x3024.
"""

import argparse
import logging
import os
import struct
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image, ImageOps

SIDE = 224


def make(photos: Path, folder: Path, shape: tuple[int, int], n: int, copies: int) -> Path:
    """``n`` distinct photos of ``shape`` (width, height), ``copies`` of each, in two class folders."""
    found = sorted(path for path in photos.rglob("*.jp*g"))
    noise = np.random.default_rng(0)
    for name in "ab":
        (folder / name).mkdir(parents=True, exist_ok=True)
    for i in range(n):
        photo = ImageOps.fit(Image.open(found[i * len(found) // n]).convert("RGB"), shape, Image.Resampling.LANCZOS)
        grain = np.repeat(noise.normal(0, 4, (shape[1], shape[0], 1)).astype(np.float32), 3, axis=2)
        grainy = Image.fromarray(np.clip(np.asarray(photo) + grain, 0, 255).astype(np.uint8))
        exif = Image.Exif()
        exif[0x0112] = 6 if i % 4 == 0 else 1
        original = folder / "original.jpg"
        grainy.save(original, quality=90, exif=exif)
        content = original.read_bytes()
        for copy in range(copies):
            comment = f"copy {copy} of {i}".encode()
            segment = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment
            (folder / "ab"[i % 2] / f"{i:03}-{copy:02}.jpg").write_bytes(content[:2] + segment + content[2:])
        original.unlink()
    return folder


def with_pillow(folder: Path) -> int:
    n = 0
    for path in sorted(folder.rglob("*.jpg")):
        with Image.open(path) as photo:
            n += np.asarray(ImageOps.exif_transpose(photo).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)).shape[0] == SIDE
    return n


def with_keras(folder: Path) -> int:
    import keras

    loaded = keras.utils.image_dataset_from_directory(folder, image_size=(SIDE, SIDE), batch_size=32, shuffle=False, verbose=False)
    return sum(len(labels) for _, labels in loaded)


def with_tltool(folder: Path, look: bool = False) -> int:
    from tltool import data

    with tempfile.TemporaryDirectory() as cache:
        os.environ["TLTOOL_CACHE"] = cache
        samples = data.read_photos(folder)
        if look:
            samples, _ = data.make_thumbnails(samples)
        return len(data.decode_once(samples, SIDE, "crop")[1])


def with_tltool_and_look(folder: Path) -> int:
    return with_tltool(folder, look=True)


LOADERS: dict[str, Callable[[Path], int]] = {
    "tltool": with_tltool,
    "tltool with look_at": with_tltool_and_look,
    "Pillow loop": with_pillow,
    "Keras": with_keras,
}


def compare(folder: Path, rounds: int) -> dict[str, list[float]]:
    """Seconds of each loader in each round, the loaders taking turns."""
    n = len([path.read_bytes() for path in folder.rglob("*.jpg")])
    seconds: dict[str, list[float]] = {name: [] for name in LOADERS}
    for _ in range(rounds):
        for name, load in LOADERS.items():
            started = time.perf_counter()
            assert load(folder) == n, name
            seconds[name].append(time.perf_counter() - started)
    return seconds


def main(options: argparse.Namespace) -> None:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tltool").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(dir=options.keep) as scratch:
        few = make(options.photos_folder, Path(scratch) / "few", (64, 48), 4, 1)
        for load in LOADERS.values():  # imports and first calls are not decoding
            load(few)
        for size in options.size:
            width, height = map(int, size.split("x"))
            folder = make(options.photos_folder, Path(scratch) / size, (width, height), options.photos, options.copies)
            files = [path.stat().st_size for path in folder.rglob("*.jpg")]
            seconds = compare(folder, options.rounds)
            print(f"\n{size}: {len(files)} photos of {np.mean(files) / 1e6:.2f} MB, {options.cores} cores, {options.rounds} rounds")
            print("loader               median s   photos/s   all rounds")
            for name, taken in seconds.items():
                print(f"{name:20} {median(taken):8.2f} {len(files) / median(taken):10.1f}   {' '.join(f'{one:.2f}' for one in taken)}")
            for name in ("Pillow loop", "Keras"):
                pairs = [other / own for other, own in zip(seconds[name], seconds["tltool"], strict=True)]
                print(
                    f"tltool is {median(pairs):.2f} times as fast as {name} (median of rounds; {min(pairs):.2f} to {max(pairs):.2f})",
                    flush=True,
                )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos_folder", type=Path)
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--copies", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--size", nargs="+", default=["4032x3024", "500x375"])
    parser.add_argument("--keep", type=Path, help="folder with room for the photos; default: the system's own for such things")
    main(parser.parse_args())
