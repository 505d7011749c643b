"""One class per photo, or per signal."""

from typing import TYPE_CHECKING

from tltool.lookup import lazy

if TYPE_CHECKING:
    from tltool.tasks.classify import (
        answers as answers,
        calibration as calibration,
        charts as charts,
        checks as checks,
        details as details,
        exported as exported,
        head as head,
        labels as labels,
        measures as measures,
        outputs as outputs,
    )
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
