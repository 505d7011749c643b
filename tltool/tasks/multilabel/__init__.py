"""Any number of labels per photo, also none."""

from typing import TYPE_CHECKING

from tltool.lookup import lazy

if TYPE_CHECKING:
    from tltool.tasks.multilabel import (
        answers as answers,
        checks as checks,
        exported as exported,
        head as head,
        labels as labels,
        measures as measures,
        outputs as outputs,
    )
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
