"""What an export returns: every artefact with its size and how far it agrees with the model it came from."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tltool.progress import Table, table

if TYPE_CHECKING:
    from tltool.exports.parity import Parity


@dataclass(frozen=True)
class Exports:
    """``parities``: path of each artefact → its parity with the run's model on ``split`` photos."""

    folder: Path
    split: str
    parities: "dict[Path, Parity]"

    def said(self) -> Iterable[Table | str]:
        yield table(f"Compared with the run's model on {self.split} photos",
                    ("file", "MB", "accuracy", "model", "same label", "largest gap"),
                    [(path.name, f"{size_of(path) / 1e6:.2f}", f"{p.exported_accuracy:.3f}", f"{p.reference_accuracy:.3f}",
                      f"{p.agreement:.1%}", f"{p.largest_gap:.4f}") for path, p in self.parities.items()])
        yield f"Files: {self.folder}  (with labels.txt, model_card.json, parity.json)"
        tflites = [path for path in self.parities if path.suffix == ".tflite"]
        if tflites:
            yield f"Next: tltool predict {tflites[-1]} PHOTO"

    def records(self) -> Iterable[dict[str, Any]]:
        for path, parity in self.parities.items():
            yield {"file": str(path), "bytes": size_of(path), "split": self.split, **parity.to_dict()}


def size_of(path: Path) -> int:
    """Bytes of a file, or of everything in a folder."""
    return path.stat().st_size if path.is_file() else sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
