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

from tltool.figures.style import COLOURS, INK, drawing

TITLES = {
    "read": "list and hash",
    "decode": "decode to pixels",
    "look": "thumbnails, look-alikes",
    "forward": "frozen backbone",
    "solve": "solve the head",
}
FROZEN_EPOCHS = 10  # of the guide
TOLD = (1, 2, 3, 5, FROZEN_EPOCHS)


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


def line(rows: list[dict[str, Any]]) -> tuple[float, float]:
    """Seconds per photo and seconds at no photo, by least squares."""
    slope, start = np.polyfit([row["photos"] for row in rows], [row["seconds"] for row in rows], 1)
    return float(slope), float(start)


def epoch_of(row: dict[str, Any], clock: str = "seconds") -> float:
    """An epoch of the guide that compiles nothing."""
    return float(np.median(row[clock][1:] or row[clock]))


def ours(costs: dict[str, Any], cache: str) -> list[dict[str, Any]]:
    return [row for row in costs["ours"] if row["cache"] == cache]


def tables(costs: dict[str, Any]) -> list[str]:
    return [
        "# What the frozen job costs",
        "",
        "![seconds against photos and against epochs](costs.png)",
        "",
        *table_of_numbers(costs),
        "",
        *table_of_epochs(costs),
        "",
        *table_of_pieces(costs),
    ]


def table_of_numbers(costs: dict[str, Any]) -> list[str]:
    guide = {row["photos"]: row for row in costs["guide"]}
    lines = [
        f"Seconds (CPU seconds) on {costs['cores']} cores at {costs['size']} px, {costs['held_out']} held-out photos included:",
        "",
        "| training photos | ours, cold | ours, warm | one frozen epoch of the guide | peak MB, cold | test accuracy |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for cold, warm in zip(ours(costs, "cold"), ours(costs, "warm"), strict=True):
        epoch = guide.get(cold["photos"])
        told = f"{epoch_of(epoch):.1f} ({epoch_of(epoch, 'cpu_seconds'):.1f})" if epoch else "–"
        lines.append(
            f"| {cold['photos']:,} | {cold['seconds']:.1f} ({cold['cpu_seconds']:.1f}) | {warm['seconds']:.1f} "
            f"({warm['cpu_seconds']:.1f}) | {told} | {cold['peak_mb']:,} | {cold['test']:.3f} |"
        )
    return lines


def table_of_epochs(costs: dict[str, Any]) -> list[str]:
    row = costs["guide"][-1]
    cold, warm = (next(one["seconds"] for one in ours(costs, cache) if one["photos"] == row["photos"]) for cache in ("cold", "warm"))
    lines = [
        f"{row['photos']:,} photos, seconds by the end of an epoch of the guide (*: epochs that were not run, each like the median of "
        "those that were):",
        "",
        "| epochs | guide | ours, cold | ours, warm | guide / ours, cold |",
        "|---:|---:|---:|---:|---:|",
    ]
    for epochs, seconds in (point for point in guide_curve(row) if point[0] in TOLD):
        star = "*" if epochs > len(row["seconds"]) else ""
        lines.append(f"| {epochs} | {seconds:.0f}{star} | {cold:.0f} | {warm:.0f} | {seconds / cold:.1f} |")
    return lines


def guide_curve(row: dict[str, Any]) -> list[tuple[int, float]]:
    """(epochs, seconds until their end); beyond what was run, every epoch costs the same."""
    later = [epoch_of(row)] * (FROZEN_EPOCHS - len(row["seconds"]))
    return list(enumerate(np.cumsum([*row["seconds"], *later]).tolist(), start=1))


def table_of_pieces(costs: dict[str, Any]) -> list[str]:
    lines = [
        "The pieces, measured one by one on the largest folder, and the slope of the whole command:",
        "",
        "| piece | photos/s, cold | photos per CPU-second | ms per photo, cold | ms per photo, warm |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, title in TITLES.items():
        cold, warm = (costs["pieces"][cache][name] for cache in ("cold", "warm"))
        lines.append(
            f"| {title} | {cold['photos'] / cold['seconds']:,.0f} | {cold['photos'] / cold['cpu_seconds']:,.0f} | "
            f"{each(cold):.2f} | {each(warm):.2f} |"
        )
    sums = {cache: per_photo(costs, cache) for cache in ("cold", "warm")}
    slopes = {cache: line(ours(costs, cache)) for cache in ("cold", "warm")}
    starts = {cache: start - costs["held_out"] * per_photo(costs, cache, without="solve") / 1000 for cache, (_, start) in slopes.items()}
    lines += [
        f"| **sum of the pieces** | | | {sums['cold']:.2f} | {sums['warm']:.2f} |",
        f"| **slope of the command** | | | {slopes['cold'][0] * 1000:.2f} | {slopes['warm'][0] * 1000:.2f} |",
        "",
        f"Start-up, saving and everything else that no photo adds to: {starts['cold']:.1f} s cold, {starts['warm']:.1f} s warm (the "
        f"line at no photo, less the sum of the pieces for the {costs['held_out']} held-out photos).",
    ]
    shares = {name: each(piece) / 1000 / slopes["cold"][0] for name, piece in costs["pieces"]["cold"].items()}
    lines += [
        "",
        f"Of what one more photo costs with cold caches, the frozen backbone is {shares['forward']:.0%} and decoding "
        f"{shares['decode']:.0%}; with warm caches it costs {slopes['warm'][0] / slopes['cold'][0]:.0%} of that.",
    ]
    if len(costs["guide"]) > 1:
        lines[-1] += f" The guide pays {line(epochs_of(costs))[0] * 1000:.2f} ms for it in every epoch."
    return lines


def each(piece: dict[str, float]) -> float:
    """Milliseconds per photo."""
    return 1000 * piece["seconds"] / piece["photos"]


def per_photo(costs: dict[str, Any], cache: str, without: str = "") -> float:
    """Milliseconds of all pieces but one."""
    return sum(each(piece) for name, piece in costs["pieces"][cache].items() if name != without)


def epochs_of(costs: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"photos": row["photos"], "seconds": epoch_of(row)} for row in costs["guide"]]


def draw(costs: dict[str, Any], file: Path) -> None:
    with drawing(file, 9, 3.8) as figure:
        left, right = figure.subplots(1, 2)
        draw_numbers(left, costs)
        draw_epochs(right, costs)


def draw_numbers(axes: Any, costs: dict[str, Any]) -> None:
    largest = max(row["photos"] for row in costs["ours"])
    series = [
        ("ours, cold caches", ours(costs, "cold")),
        ("ours, warm caches", ours(costs, "warm")),
        ("one epoch of the guide", epochs_of(costs)),
    ]
    for colour, (name, rows) in zip((COLOURS[0], COLOURS[5], COLOURS[1]), series, strict=True):
        axes.plot([row["photos"] for row in rows], [row["seconds"] for row in rows], "o", color=colour, clip_on=False, zorder=3)
        if len(rows) > 1:
            slope, start = line(rows)
            axes.plot([0, largest], [start, start + slope * largest], color=colour, label=f"{name}: {slope * 1000:.1f} ms per photo")
    bound = sum(each(costs["pieces"]["cold"][name]) for name in ("decode", "forward"))
    held_out = costs["held_out"] * bound / 1000
    axes.plot(
        [0, largest],
        [held_out, held_out + bound * largest / 1000],
        ":",
        color=INK,
        linewidth=1.2,
        label=f"decode and forward alone: {bound:.1f} ms per photo",
    )
    axes.set(
        title="The frozen job against photos",
        xlabel="training photos",
        ylabel="seconds",
        xlim=(0, None),
        ylim=(0, 1.4 * axes.get_ylim()[1]),
    )  # room for the legend
    axes.legend(loc="upper left", fontsize=8)


def draw_epochs(axes: Any, costs: dict[str, Any]) -> None:
    row = costs["guide"][-1]
    curve, run = guide_curve(row), len(row["seconds"])
    axes.plot(*zip(*curve[:run]), "o-", color=COLOURS[1], label="guide, measured")
    axes.plot(*zip(*curve[run - 1 :]), "--", color=COLOURS[1], label="guide, further epochs like these")
    for colour, cache in ((COLOURS[0], "cold"), (COLOURS[5], "warm")):
        seconds = next(one["seconds"] for one in ours(costs, cache) if one["photos"] == row["photos"])
        axes.axhline(seconds, color=colour, label=f"ours, {cache} caches: {seconds:.0f} s")
    axes.set(
        title=f"… and against epochs, {row['photos']:,} photos",
        xlabel="epochs with a frozen backbone",
        ylabel="seconds",
        xlim=(0, FROZEN_EPOCHS),
        ylim=(0, None),
    )
    axes.legend(loc="upper left", fontsize=8)


if __name__ == "__main__":
    main()
