"""The box of the one object in a photo."""

from typing import TYPE_CHECKING

from tltool.lookup import lazy

if TYPE_CHECKING:
    from tltool.tasks.localize import (
        answers as answers,
        charts as charts,
        checks as checks,
        exported as exported,
        head as head,
        labels as labels,
        measures as measures,
        outputs as outputs,
        pictures as pictures,
    )
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
