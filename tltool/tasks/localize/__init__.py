"""The box of the one object in a photo. A box is located as any number of them are found, and has the same labels and pictures."""

from typing import TYPE_CHECKING

from tltool.lookup import lazy

if TYPE_CHECKING:
    from tltool.tasks.detect import checks as checks, head as head, labels as labels, outputs as outputs, pictures as pictures
    from tltool.tasks.localize import answers as answers, charts as charts, exported as exported, measures as measures
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
