"""What a run learned from, what it left, and where it was made, as tables."""

from collections import Counter
from pathlib import Path
from typing import Any

from tltool.data.samples import PARTS
from tltool.pages.facts import Facts
from tltool.progress import Table, table
from tltool.wording import megabytes


def tell_data(facts: Facts) -> Table | None:
    """Photos, or signals, of each class in each part; None where they are not divided yet. Where photos may have several classes, or none,
    the sum is not that of the rows."""
    if facts.samples is None:
        return None
    parts = Counter(facts.samples.table["split"])
    there = [part for part in PARTS if parts[part]]
    rows = [(name, *(its.get(part, 0) for part in there), sum(its.values())) for name, its in facts.samples.counts().items()]
    return table(f"{facts.record.kind}s of each class".capitalize(), ("class", *there, "all"), [*rows, _all(parts, there)])


def _all(parts: Counter[str], there: list[str]) -> tuple[object, ...]:
    return ("all", *(parts[part] for part in there), sum(parts.values()))


def tell_exports(facts: Facts) -> Table | None:
    """Every exported file that was compared with the model; None where there is none."""
    if not facts.parity:
        return None
    score = next((str(its["score"]) for its in facts.parity.values() if "score" in its), "accuracy")
    rows = [_of_export(facts.run.path / "exports" / file, file, its) for file, its in facts.parity.items() if isinstance(its, dict)]
    n, split = (next((its[key] for its in facts.parity.values() if key in its), "") for key in ("n", "split"))
    columns = ("file", "size", "answers alike", score, "95 % interval", "loses", "needs LiteRT or TensorFlow")
    return table(f"Compared with the model on {n} {split} photos", columns, rows)


def _of_export(place: Path, file: str, its: dict[str, Any]) -> tuple[object, ...]:
    low_high = its.get("exported_interval")
    return (
        file,
        _size(place),
        _number(its.get("agreement"), "{:.1%}"),
        _number(its.get("exported_accuracy")),
        "{:.3f}–{:.3f}".format(*low_high) if isinstance(low_high, list) and len(low_high) == 2 and all(map(_is_number, low_high)) else "–",
        _number(its.get("drop")),
        its.get("min_runtime", "–"),
    )


def tell_environment(facts: Facts) -> Table:
    """When, how long, on what, with what."""
    record, resolved = facts.record, facts.record.resolved
    backbone, training = resolved.get("backbone", {}), resolved.get("training", {})
    told = [
        ("backbone", backbone.get("name")),
        ("weights", backbone.get("weights")),
        ("licence of the weights", _licence(facts.card)),
        ("size of a photo" if record.kind == "photo" else "length of a signal", record.size if record.size > 1 else None),
        ("how a photo becomes a square", record.fit),
        ("model", _size(facts.run.path / "model.keras")),
        ("learned from", f"{record.training_photos:,} {record.kind}s" if record.training_photos else None),
        ("seed", training.get("seed")),
        ("device", record.device),
        ("begun", record.started),
        ("resumed", ", ".join(record.resumed)),
        ("finished", record.finished),
        ("took", f"{record.seconds:,.0f} s" if record.seconds else None),
        *record.versions.items(),
    ]
    return table("Device and versions", ("what", "value"), [(name, value) for name, value in told if value not in (None, "")])


def _licence(card: dict[str, Any]) -> object:
    origin = card.get("origin")
    licence = origin.get("licence") if isinstance(origin, dict) else None
    return licence.get("licence") if isinstance(licence, dict) else None


def _size(place: Path) -> str:
    """Of a file, or of all in a folder."""
    files = [file for file in place.rglob("*") if file.is_file()] if place.is_dir() else [place] if place.is_file() else []
    return megabytes(sum(file.stat().st_size for file in files)) if files else "gone"


def _number(value: object, form: str = "{:.3f}") -> str:
    return form.format(value) if _is_number(value) else "–"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
