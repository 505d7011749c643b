"""What an export returns, every artefact with how far it agrees with the model it came from; and what verifying one does."""

import shlex
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tltool.progress import Table, table
from tltool.reading import size_of

if TYPE_CHECKING:
    from tltool.parity import Parity


@dataclass(frozen=True)
class Exports:
    """``parities``: path of each artefact → its parity with the run's model on ``split`` photos; ``making``: path → how it was made."""

    folder: Path
    split: str
    parities: "dict[Path, Parity]"
    making: dict[Path, dict[str, Any]] = field(default_factory=dict)

    def said(self) -> Iterable[Table | str]:
        first = next(iter(self.parities.values()), None)
        yield table(
            f"Compared with the run's model on {self.split} photos"
            + (f": {first.n}, with {first.score} {first.reference_accuracy:.3f}" if first else ""),
            (
                "file",
                "MB",
                "needs TFLite",
                first.score if first else "accuracy",
                "95 % interval",
                "same answer",
                "largest gap",
                "McNemar's p",
            ),
            [
                (
                    path.name,
                    f"{size_of(path) / 1e6:.2f}",
                    self.making.get(path, {}).get("min_runtime", "–").removesuffix(".0"),
                    f"{p.exported_accuracy:.3f}",
                    "{:.3f}–{:.3f}".format(*p.exported_interval),
                    f"{p.agreement:.1%}",
                    f"{p.largest_gap:.4f}",
                    f"{p.mcnemar_p:.2f}",
                )
                for path, p in self.parities.items()
            ],
        )
        yield from self._remarks()
        yield f"Files: {self.folder}  (MODEL_CARD.md says how to use them)"
        tflites = {path: parity.exported_accuracy for path, parity in self.parities.items() if path.suffix == ".tflite"}
        if tflites:
            yield f"Next: tltool predict {shlex.quote(str(max(tflites, key=lambda path: (tflites[path], -size_of(path)))))} PHOTO"

    def records(self) -> Iterable[dict[str, Any]]:
        for path, parity in self.parities.items():
            yield {"file": str(path), "bytes": size_of(path), "split": self.split, **parity.to_dict(), **self.making.get(path, {})}

    def _remarks(self) -> Iterable[str]:
        for path, made in self.making.items():
            if layers := made.get("float_layers"):
                yield f"{path.name}: left in float, so that it loses less: {', '.join(layers)}"
            if operators := made.get("float_operators"):
                yield f"{path.name}: operators that compute in float: {', '.join(f'{count} {name}' for name, count in operators.items())}"
        if any(parity.flips for parity in self.parities.values()):
            yield "parity.json names the photos that got another answer."


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
            yield table(
                "Test vectors replayed",
                ("file", "vectors", "largest gap", "allowed", "verdict"),
                [
                    (
                        check.file,
                        check.vectors,
                        "–" if check.gap is None else f"{check.gap:.4f}",
                        "–" if check.tolerance is None else f"{check.tolerance:g}",
                        check.verdict,
                    )
                    for check in models
                ],
            )
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
