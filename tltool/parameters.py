"""Parameters that several recipes share and that are no part of a spec: each a type with its bounds, default and one sentence of help.

What one recipe alone takes stands in its own signature.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator

from tltool.former_parameters import former_parameter
from tltool.specs import option
from tltool.specs.sources import as_source

if not TYPE_CHECKING:
    __getattr__ = former_parameter

Source = Annotated[Any, BeforeValidator(lambda value: None if value is None else as_source(value))]

# Every recipe that writes
Out = Annotated[Path | None, option(None, help="Folder of the new run; default: the next number under runs/.")]
Force = Annotated[bool, option(False, help="Replace what an earlier run or export wrote there; other files stay.")]
Seed = Annotated[int, option(0, help="Seed of everything drawn at random.", ge=0, lt=2**31)]

# Training
Resume = Annotated[Path | None, option(None, help="Go on with this interrupted run; everything else is taken from it.")]
DryRun = Annotated[
    bool,
    option(
        False,
        help="Check every flag, decode a sample, run one batch, estimate time and memory; write and "
        "download nothing, not even into the cache.",
    ),
]
PreviewAugmentation = Annotated[
    Path | None, option(None, help="Also draw a few training photos as --augment varies them: FILE.png. With --dry-run nothing is trained.")
]
MinScore = Annotated[
    float | None,
    option(None, help="End with exit code 3 when the accuracy, or what else a task is scored by, is below this, from 0 to 1.", ge=0, le=1),
]
Report = Annotated[bool, option(True, help="End with report.html in the run's folder, which shows photos; see tltool report.")]
Folds = Annotated[
    int | None,
    option(
        None,
        help="Also cross-validate a linear head on the frozen backbone over this many parts of all "
        "photos: for data sets too small to hold enough out.",
        ge=2,
        le=20,
    ),
]
LearningCurve = Annotated[
    bool,
    option(
        False,
        help="Also solve a linear head on shares of the training photos, and say what twice as many would likely bring, with an interval: "
        "where one thing or several are said of a whole photo.",
    ),
]

# Photos to look at
PhotosOfClasses = Annotated[
    Source,
    option(help="Folder with one subfolder of photos per class, or a CSV with the columns path and label.", argument=True, flag="dir"),
]

# What was trained
RunFolder = Annotated[Path, option(help="Folder of a run.", argument=True)]
Trained = Annotated[Path, option(help="Folder of a run, or a .tflite or .onnx file.", argument=True)]
Labels = Annotated[Path | None, option(None, help="Text file with one class name a line, in the order of the scores, for a .tflite file.")]
Part = Annotated[
    Literal["train", "validation", "test", "all"] | None,
    option(None, help="Which part of the photos; default: test, and with --data all of them."),
]
PixelScaling = Annotated[
    Literal["none", "unit", "tf", "torch", "caffe"] | None,
    option(
        None,
        help="How a .tflite file that tltool did not write wants RGB 0…255 scaled: none, unit (0…1), tf (−1…1), torch or caffe (ImageNet "
        "mean); default: as its metadata says, else none.",
    ),
]

# Drawings
Drawing = Annotated[Path | None, option(None, flag="plot", help="Also draw it to scale: FILE.png, .svg or .pdf.")]
ForceDrawing = Annotated[bool, option(False, flag="force", help="Replace the drawing of an earlier command.")]
