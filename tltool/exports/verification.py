"""What verifying a folder of exports found: one check per file, told to people and written for machines."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tltool.progress import Table, table


@dataclass(frozen=True)
class Check:
    """One file of the card. ``gap`` is the largest distance of a probability from the expected one, met at ``vector``; ``fault`` is the
    end of a sentence, empty where all is well; ``skipped`` says why the vectors were not replayed."""

    file: str
    fault: str = ""
    vectors: int = 0
    gap: float | None = None
    tolerance: float | None = None
    vector: str = ""
    skipped: str = ""

    @property
    def verdict(self) -> str:
        return "DIFFERS" if self.fault else "not replayed" if self.skipped else "ok"


@dataclass(frozen=True)
class Verification:
    """``checks`` of the exported models first, then of every other file."""

    folder: Path
    checks: list[Check]

    @property
    def faults(self) -> list[Check]:
        return [check for check in self.checks if check.fault]

    @property
    def exit_code(self) -> int:
        """1 when anything differs."""
        return int(bool(self.faults))

    def said(self) -> Iterable[Table | str]:
        models = [check for check in self.checks if check.vectors or check.skipped]
        if models:
            yield table("Test vectors replayed", ("file", "vectors", "largest gap", "allowed", "verdict"),
                        [(check.file, check.vectors, "–" if check.gap is None else f"{check.gap:.4f}",
                          "–" if check.tolerance is None else f"{check.tolerance:g}", check.verdict) for check in models])
        for check in self.checks:
            if check.fault or check.skipped:
                yield f"{check.file} {check.fault or check.skipped}."
        well = len(self.checks) - len(self.faults)
        if self.faults:
            yield f"{len(self.faults)} of {len(self.checks)} files differ from the card in {self.folder}."
        else:
            yield f"All {well} files in {self.folder} are the ones of the card."

    def records(self) -> Iterable[dict[str, Any]]:
        for check in self.checks:
            yield {**asdict(check), "verdict": check.verdict}
