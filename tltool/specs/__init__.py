"""The wishes: what a user may ask for, each field with its type, bounds, default and one sentence of help.

A spec is frozen and holds values only. ``None`` means *automatic*: a recipe fills it in with ``fill`` once it knows the photos
and the backbone, and what the user typed is never overridden. A field is at once the Python argument, the command-line flag,
the line in ``--help`` and the entry in ``run.json``.
"""

from typing import Literal

from tltool.specs.backbone import Backbone
from tltool.specs.comparison import Comparison
from tltool.specs.conv_stack import ConvStack
from tltool.specs.head import Head
from tltool.specs.photos import Fit, Photos
from tltool.specs.signals import Signals
from tltool.specs.spec import Sizes, Spec, Texts, explain, option
from tltool.specs.training import Augment, Training

Precision = Literal["float32", "float16", "dynamic", "int8", "int16x8"]
ExportFormat = Literal["saved_model", "tflite", "onnx"]

__all__ = [
    "Augment",
    "Backbone",
    "Comparison",
    "ConvStack",
    "ExportFormat",
    "Fit",
    "Head",
    "Photos",
    "Precision",
    "Signals",
    "Sizes",
    "Spec",
    "Texts",
    "Training",
    "explain",
    "option",
]
