"""TF Hub and Kaggle SavedModels: found, guarded, and taken as a layer. Saved files of before name ``HubModule`` by this address."""

from typing import TYPE_CHECKING

from tltool.lookup import lazy

if TYPE_CHECKING:
    from tltool.models.hub.layer import HubModule as HubModule
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
