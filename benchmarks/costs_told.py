"""What ``costs.py`` has measured, as tables and a figure."""

from pathlib import Path
from typing import Any

import numpy as np

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
