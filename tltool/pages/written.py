"""What writing a page returns."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tltool.progress import Table
from tltool.wording import counted, megabytes


@dataclass(frozen=True)
class Written:
    """The page of a ``run``: its two files, how large the first is, and how many pictures it has."""

    run: Path
    html: Path
    markdown: Path
    bytes: int
    pictures: int
    sentences: tuple[str, ...]

    def said(self) -> Iterable[Table | str]:
        yield from self.sentences
        yield f"Wrote {self.html} ({megabytes(self.bytes)}, {counted(self.pictures, 'picture')}) and {self.markdown}."
        yield f"Next: open {shlex.quote(str(self.html))} in a browser."

    def records(self) -> Iterable[dict[str, Any]]:
        yield {"run": str(self.run), "html": str(self.html), "markdown": str(self.markdown), "bytes": self.bytes, "pictures": self.pictures}
