"""What a dry run returns: the time and memory that a training would take."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tltool.progress import Table, table
from tltool.renamed import former_names

if not TYPE_CHECKING:
    __getattr__ = former_names(__name__)


@dataclass(frozen=True)
class Estimate:
    """What a training would take: seconds per phase, and the process's peak memory so far in bytes."""

    seconds: dict[str, float]
    memory: int

    def said(self) -> Iterable[Table | str]:
        rows = [(phase, f"{seconds:,.0f}") for phase, seconds in self.seconds.items()]
        yield table("Estimate", ("phase", "seconds"), [*rows, ("together", f"{sum(self.seconds.values()):,.0f}")])
        yield (
            f"Memory: about {self.memory / 1e9:.1f} GB. No run was begun, and at most a sample of the photos was looked at. Leave "
            "--dry-run away to start."
        )

    def records(self) -> Iterable[dict[str, Any]]:
        yield {"seconds": self.seconds, "memory": self.memory}
