"""How fast exported models are on this machine, and what they weigh."""

from typing import TYPE_CHECKING

from tltool.lookup import lazy

if TYPE_CHECKING:
    from tltool.benchmarking.speed import models_in as models_in, time_models as time_models
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
