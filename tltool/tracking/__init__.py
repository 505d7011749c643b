"""A training told to a tracker, see ``tltool.trackers``: what is told, how it is carried there, and MLflow."""

from typing import TYPE_CHECKING

from tltool.lookup import lazy

if TYPE_CHECKING:
    from tltool.tracking.following import tracked as tracked
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
