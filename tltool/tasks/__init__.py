"""The tasks, one folder each; ``tltool.task`` says what a task consists of."""

from typing import TYPE_CHECKING

from tltool.lookup import lazy

if TYPE_CHECKING:
    from tltool.tasks import classify as classify
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
