"""What the frozen job costs: against the number of photos, with cold and warm caches, and against the epochs of the plain Keras guide.

    python benchmarks/costs.py PHOTOS FOLDER [--numbers 500 1000 2000 3000] [--guide 500 1000 2000] [--epochs 2] [--size 224]
    python benchmarks/costs.py --redraw FOLDER

PHOTOS has train/, validation/ and test/. For every number a folder is made with that many photos drawn from train/ and all of the other
parts, and on it, in turns: the whole command ``tltool finetune --unfreeze none`` with an empty cache, the same with the cache that left,
and ``fit`` of the guide with a frozen backbone for a few epochs (of which the last ones count; the first also compiles). Then the pieces
of our job are timed one by one on the largest folder, with an empty cache and once more with the cache that left, so that the slopes can
be compared with the sum of the pieces. FOLDER gets costs.json (all that was measured), costs.md (tables) and costs.png.
"""

import argparse
import json
import logging
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from against_keras_guide import watched
from costs_told import draw, tables


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, nargs="?")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--numbers", type=int, nargs="+", default=[500, 1000, 2000, 3000])
    parser.add_argument("--guide", type=int, nargs="*", default=[500, 1000, 2000], help="numbers for which the guide is timed too")
    parser.add_argument("--epochs", type=int, default=2, help="of the guide")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--redraw", action="store_true", help="tables and figure from the costs.json that is there")
    asked = parser.parse_args()
    if asked.photos is None and not asked.redraw:
        parser.error("PHOTOS and FOLDER are needed")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tltool").setLevel(logging.ERROR)
    asked.folder.mkdir(parents=True, exist_ok=True)
    record = asked.folder / "costs.json"
    if not asked.redraw:
        record.write_text(json.dumps(measure(asked.photos, asked.numbers, asked.guide, asked.epochs, asked.size), indent=1) + "\n")
    costs = json.loads(record.read_text())
    (asked.folder / "costs.md").write_text("\n".join(tables(costs)) + "\n")
    print((asked.folder / "costs.md").read_text(), end="")
    draw(costs, asked.folder / "costs.png")


def measure(photos: Path, numbers: list[int], guided: list[int], epochs: int, size: int) -> dict[str, Any]:
    costs: dict[str, Any] = {"size": size, "ours": [], "guide": [], "cores": len(os.sched_getaffinity(0))}
    with tempfile.TemporaryDirectory(prefix="costs-") as scratch:
        for number in sorted({*numbers, *guided}):
            folder = take(photos, Path(scratch) / f"photos-{number}", number)
            for cache in ("cold", "warm") if number in numbers else ():
                note(costs["ours"], {"photos": number, "cache": cache} | command(folder, Path(scratch) / f"{number}-{cache}", size))
            if number in guided:
                note(costs["guide"], {"photos": number} | guide_epochs(folder, epochs, size))
        costs["held_out"] = sum(len(list((photos / part).glob("*/*"))) for part in ("validation", "test"))
        os.environ["TLTOOL_CACHE"] = str(Path(scratch) / "cache-of-pieces")
        costs["pieces"] = {cache: pieces(folder, size) for cache in ("cold", "warm")}
    return costs


def note(rows: list[dict[str, Any]], row: dict[str, Any]) -> None:
    rows.append(row)
    print(json.dumps(row), file=sys.stderr, flush=True)


def take(photos: Path, folder: Path, number: int) -> Path:
    """Copy ``number`` photos of train/, and everything of the other parts, to ``folder``."""
    for part in ("train", "validation", "test"):
        files = sorted(path for path in (photos / part).glob("*/*") if path.is_file())
        for file in random.Random(0).sample(files, min(number, len(files))) if part == "train" else files:
            (folder / part / file.parent.name).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, folder / part / file.parent.name / file.name)
    return folder


def command(photos: Path, run: Path, size: int) -> dict[str, Any]:
    """The whole command on ``photos``, whose cache lies beside them."""
    _, costs = watched(
        [sys.executable, "-m", "tltool", "finetune", "--data", str(photos), "--unfreeze", "none", "--size", str(size), "--out", str(run)],
        {**os.environ, "TLTOOL_CACHE": f"{photos}-cache"},
    )
    return costs | {"test": json.loads((run / "report.json").read_text())["accuracy"]}


def guide_epochs(photos: Path, epochs: int, size: int) -> dict[str, list[float]]:
    """Seconds and CPU seconds of each epoch of the guide's first phase, validation included."""
    import keras
    from keras_guide import build, read

    keras.utils.set_random_seed(0)
    train, validation = (read(photos / part, size, False, 0) for part in ("train", "validation"))
    model, backbone = build(size, len(train.class_names))
    backbone.trainable = False
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    ends = [clocks()]
    told = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(clocks()))
    model.fit(
        train.prefetch(2), validation_data=validation.prefetch(2), epochs=epochs, verbose=0, callbacks=[told], shuffle=False
    )  # the dataset shuffles itself
    wall, cpu = np.diff(np.array(ends), axis=0).T
    keras.backend.clear_session()
    return {"seconds": wall.round(2).tolist(), "cpu_seconds": cpu.round(2).tolist()}


def clocks() -> tuple[float, float]:
    return time.monotonic(), time.process_time()


def pieces(photos: Path, size: int) -> dict[str, dict[str, float]]:
    """Seconds, CPU seconds and the number of photos of every part of the job, in this process."""
    from tltool import Backbone, checks, data, models, training as engine
    from tltool.training.probe import fit_probe

    found: dict[str, dict[str, float]] = {}
    body = models.open_backbone(Backbone(), size)
    engine.photo_features(body, np.zeros((32, size, size, 3), np.uint8))  # compiles
    samples = timed(found, "read", lambda: data.read_photos(photos), len)
    samples, pixels = timed(found, "decode", lambda: data.decode_once(samples, size, "crop"), lambda made: len(made[1]))
    timed(found, "look", lambda: checks.look_over(samples, size, "crop", photos), lambda made: len(samples))
    features = timed(found, "forward", lambda: engine.photo_features(body, pixels), len)
    train, validation = ((features[rows], samples.labels[rows]) for rows in (samples.rows("train"), samples.rows("validation")))
    timed(found, "solve", lambda: fit_probe(train, validation, len(samples.classes), single=False), lambda made: len(train[1]))
    return found


def timed(found: dict[str, dict[str, float]], name: str, work: Callable[[], Any], count: Callable[[Any], int]) -> Any:
    before, made, after = clocks(), work(), clocks()
    wall, cpu = np.subtract(after, before)
    found[name] = {"photos": count(made), "seconds": round(float(wall), 3), "cpu_seconds": round(float(cpu), 3)}
    return made


if __name__ == "__main__":
    main()
