"""What was found, part by part, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from tltool.progress import Table, table

State = Literal["ok", "note", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """One part of the surroundings: in which state it is, what was found in words, what to do about it (empty: nothing), and the same as
    ``facts`` for machines. A ``problem`` keeps tltool from working; a ``warning`` makes it slower, or will stop it later."""

    part: str
    state: State
    found: str
    advice: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Diagnosis:
    """All findings, and what to do, the worst first."""

    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        return int(any(finding.state == "problem" for finding in self.findings))

    @property
    def advice(self) -> list[str]:
        """What to do, each thing once: problems first, then warnings and notes."""
        states = ("problem", "warning", "note", "ok")
        ordered = sorted(self.findings, key=lambda finding: states.index(finding.state))
        return list(dict.fromkeys(finding.advice for finding in ordered if finding.advice))

    def said(self) -> Iterable[Table | str]:
        yield table("What tltool finds here", ("part", "state", "found"), [(one.part, one.state, one.found) for one in self.findings])
        if not self.advice:
            yield "tltool works here. Next: tltool finetune --data PHOTOS, or tltool demo without photos."
            return
        yield "tltool does not work here yet. What to do:" if self.exit_code else "tltool works here. What would be better:"
        yield from (f"{number}. {advice}" for number, advice in enumerate(self.advice, start=1))

    def records(self) -> Iterable[dict[str, Any]]:
        for one in self.findings:
            yield {"part": one.part, "state": one.state, "found": one.found, "advice": one.advice, **one.facts}
