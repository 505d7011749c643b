"""Transfer learning for people with a folder of photos.

    from tltool import Backbone, Photos, finetune
    run = finetune(Photos(data="photos"), Backbone(unfreeze="none"))

Importing this loads neither Keras nor TensorFlow; a name is imported when it is first used. It asks TensorFlow to be quiet
(``tltool.tensorflow_settings``).
"""

from typing import TYPE_CHECKING

from tltool.lookup import lazy
from tltool.renamed import watch
from tltool.tensorflow_settings import hush

__version__ = "0.1.0"
hush()
watch()

if TYPE_CHECKING:
    from tltool.errors import (
        DataError as DataError,
        ExportError as ExportError,
        GateError as GateError,
        RunError as RunError,
        SpecError as SpecError,
        TltoolError as TltoolError,
        WeightsError as WeightsError,
    )
    from tltool.recipes.backbones import backbones as backbones
    from tltool.recipes.benchmark import benchmark as benchmark
    from tltool.recipes.cache import cache as cache
    from tltool.recipes.check import check as check
    from tltool.recipes.compare import compare as compare
    from tltool.recipes.demo import demo as demo
    from tltool.recipes.describe import describe as describe
    from tltool.recipes.diff import diff as diff
    from tltool.recipes.doctor import doctor as doctor
    from tltool.recipes.evaluate import evaluate as evaluate
    from tltool.recipes.export import export as export
    from tltool.recipes.finetune import finetune as finetune
    from tltool.recipes.initializers import initializers as initializers
    from tltool.recipes.predict import predict as predict
    from tltool.recipes.report import report as report
    from tltool.recipes.scratch import scratch as scratch
    from tltool.recipes.signals import signals as signals
    from tltool.recipes.verify import verify as verify
    from tltool.recipes.visualize import visualize as visualize
    from tltool.runs import Run as Run
    from tltool.runs.listing import list_runs as list_runs
    from tltool.specs import (
        Backbone as Backbone,
        Comparison as Comparison,
        ConvStack as ConvStack,
        Head as Head,
        Photos as Photos,
        Signals as Signals,
        Training as Training,
    )
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
