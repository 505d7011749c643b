"""What a check returns: findings that can be told to people and written for machines. Light, because ``--help`` passes here."""

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tltool.progress import Table, table
from tltool.wording import counted, quoted, shown

VERDICTS = ("ok", "warn", "stop")  # in order: nothing to do; look at it; training would fail or mislead badly
MOST_CASES = 4  # of one finding, on the terminal
MOST_PATHS = 3  # of one case, on the terminal


class Case(NamedTuple):
    """Photos that belong together in a finding, the one to look at first in front, and a few words about them."""

    paths: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Finding:
    """What one look at the photos came to.

    Attributes:
        name: a word or two.
        verdict: one of ``VERDICTS``.
        says: one sentence with the numbers.
        cases: everything it concerns, worst first; never capped here.
        advice: what to do about it, as a sentence; "" where there is nothing to do.
        brief: the same in a few words, where a summary of a whole check in one line should have it.
        facts: the numbers, for machines.
        cleaned: whether ``write_clean`` leaves the photos out.
    """

    name: str
    verdict: str
    says: str
    cases: list[Case] = field(default_factory=list)
    advice: str = ""
    brief: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    cleaned: bool = False

    @property
    def says_it_all(self) -> bool:
        """Whether its cases add nothing to its sentence: one, and without a photo."""
        return len(self.cases) == 1 and not self.cases[0].paths

    def record(self) -> dict[str, Any]:
        return {
            "finding": self.name,
            "verdict": self.verdict,
            "says": self.says,
            "advice": self.advice,
            "facts": self.facts,
            "cases": [{"paths": list(case.paths), "note": case.note} for case in self.cases],
        }


class Clean(NamedTuple):
    """A CSV that leaves photos out: how many rows it has, and how many were left out for each reason."""

    path: Path
    rows: int
    left_out: dict[str, int]
    lost: list[str]  # classes that have no photo any more

    def __str__(self) -> str:
        why = ", ".join(f"{n:,} {reason}" for reason, n in self.left_out.items()) or "none"
        lost = f" No photo is left of {counted(len(self.lost), 'class')}: {', '.join(map(quoted, self.lost[:5]))}." if self.lost else ""
        return f"{self.path} lists {counted(self.rows, 'photo')}; left out: {why}.{lost}"


@dataclass(frozen=True)
class Checks:
    """Every finding about some photos, the gravest first.

    Attributes:
        photos, classes: how many there are, of those that can be read.
        source: what was checked, as the user said it.
        strict: warnings count as much as stops.
        report, clean: what was written about it.
        task: what is asked of the photos, where the user said it or labels beside photos do.
    """

    photos: int
    classes: int
    findings: list[Finding]
    source: Any = None
    strict: bool = False
    report: Path | None = None
    clean: Clean | None = None
    task: str = ""

    @property
    def verdict(self) -> str:
        """The gravest verdict."""
        return max((finding.verdict for finding in self.findings), key=VERDICTS.index, default="ok")

    @property
    def exit_code(self) -> int:
        """1 when something is a stop or, if ``strict``, a warning."""
        return int(self.verdict == "stop" or (self.strict and self.verdict == "warn"))

    def of(self, verdict: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.verdict == verdict]

    def said(self) -> Iterable[Table | str]:
        yield table(
            f"{counted(self.photos, 'photo')} of {counted(self.classes, 'class')}",
            ("verdict", "looked for", "found"),
            [(finding.verdict, finding.name, finding.says) for finding in self.findings],
        )
        grave = [finding for finding in self.findings if finding.verdict != "ok"]
        if rows := [row for finding in grave for row in self._rows(finding)]:
            yield table("Look at these first", ("looked for", "where", "what"), rows)
        yield from (f"{finding.name}: {finding.advice}" for finding in grave if finding.advice)
        if self.clean:
            yield str(self.clean)
        yield f"Verdict: {self.verdict}. {self.next_step}"

    def records(self) -> Iterable[dict[str, Any]]:
        return (finding.record() for finding in self.findings)

    @property
    def next_step(self) -> str:
        """The command to type next, with a few words."""
        again, page = f"tltool check {self.named}", " --report check.html"
        if self.clean:
            follow = "check" if self.verdict == "stop" or self.clean.lost else "finetune --data"
            return f"Next: tltool {follow} {shlex.quote(str(self.clean.path))}{self._asked}"
        if self.verdict == "stop":
            return f"Mend what is marked stop. Then: {again}" + ("" if self.report else f"{page} (which shows the photos)")
        if self.verdict == "warn" and not self.report:
            return f"Next: {again}{page} shows the photos; tltool finetune --data {self.named} trains on them as they are."
        if self.verdict == "warn" and any(finding.cleaned and finding.cases for finding in self.findings):
            return f"Next: look at {self.report}; {again} --write-clean clean.csv lists the photos without the bad ones."
        return f"Next: tltool finetune --data {self.named}"

    @property
    def named(self) -> str:
        """What was checked, as the words of a command."""
        if not isinstance(self.source, (str, Path)):
            return f"DIR{self._asked}"
        return shlex.quote(f"./{self.source}" if str(self.source).startswith("-") else str(self.source)) + self._asked

    @property
    def _asked(self) -> str:
        return f" --task {self.task}" if self.task else ""

    def _rows(self, finding: Finding) -> Iterator[tuple[str, str, str]]:
        if finding.says_it_all:
            return
        for i, case in enumerate(finding.cases[:MOST_CASES]):
            names = [self._short(path) for path in case.paths[:MOST_PATHS]]
            more = [f"… and {len(case.paths) - MOST_PATHS} more"] if len(case.paths) > MOST_PATHS else []
            first, *others = [*names, *more] or [""]
            yield finding.name if i == 0 else "", first, case.note
            yield from (("", name, "") for name in others)
        if len(finding.cases) > MOST_CASES:
            yield "", f"… and {len(finding.cases) - MOST_CASES:,} more", ""

    def _short(self, path: str) -> str:
        return shown(inside(path, self.source))


def inside(path: str, source: Any) -> str:
    """``path`` as seen from the folder ``source``, or from the folder of a CSV, where it lies below."""
    if not isinstance(source, (str, Path)):
        return path
    root = Path(source).absolute()
    for folder in (root, root.parent) if root.suffix else (root,):
        if path.startswith(f"{folder}/"):
            return path[len(str(folder)) + 1 :]
    return path
