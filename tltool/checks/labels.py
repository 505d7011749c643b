"""What is odd about labels that lie in files of their own, as reading them has found it."""

from tltool.checks.findings import Case, Finding
from tltool.data.samples import Samples
from tltool.wording import counted

ADVICE = "Look at them in the program that the labels were made with, and export them again."


def label_oddities(samples: Samples) -> list[Finding]:
    """A warning for each kind of oddity."""
    return [
        Finding(
            name,
            "warn",
            f"{counted(len(cases), 'case')}, such as: {cases[0]}.",
            [Case((path,), reason) for path, reason in cases],
            ADVICE,
            facts={"cases": len(cases)},
        )
        for name, cases in samples.oddities
    ]
