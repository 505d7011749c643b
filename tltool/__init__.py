"""Transfer learning for people with a folder of photos.

    from tltool import Backbone, Photos, finetune
    run = finetune(Photos(data="photos"), Backbone(unfreeze="none"))

Importing this loads neither Keras nor TensorFlow; a name is imported when it is first used. It asks TensorFlow to be quiet
(``tltool.tensorflow_settings``).
"""

from tltool.catalog import RECIPES
from tltool.lookup import lazy
from tltool.tensorflow_settings import hush

__version__ = "0.1.0"
hush()

__getattr__, _names = lazy(
    __name__,
    {
        **dict.fromkeys(("Photos", "Signals", "Backbone", "Head", "ConvStack", "Training", "Contest"), "specs"),
        **dict.fromkeys(("TltoolError", "SpecError", "DataError", "WeightsError", "RunError", "ExportError", "GateError"), "errors"),
        "Run": "runs",
        **{recipe: f"recipes.{recipe}" for recipe in RECIPES},
    },
)
__all__ = ["__version__", *_names]
