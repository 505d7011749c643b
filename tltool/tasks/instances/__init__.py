"""The pixels of every object, also of those that touch: boxes with classes and masks, any number of them per photo."""

from typing import TYPE_CHECKING

from tltool.lookup import lazy

if TYPE_CHECKING:
    from tltool.tasks.detect import checks as checks, labels as labels
    from tltool.tasks.instances import (
        answers as answers,
        charts as charts,
        exported as exported,
        head as head,
        measures as measures,
        outputs as outputs,
        pictures as pictures,
    )
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
