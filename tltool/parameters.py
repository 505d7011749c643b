"""Parameters of recipes that are no part of a spec: each a type with its bounds, default and one sentence of help."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from tltool.specs import ExportFormat, Precision, option
from tltool.specs.sources import as_source

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
MinAccuracy = Annotated[float | None, option(None, help="End with exit code 3 when the accuracy is below this, from 0 to 1.", ge=0, le=1)]
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

# Looking at photos
PhotosOfClasses = Annotated[
    Source,
    option(help="Folder with one subfolder of photos per class, or a CSV with the columns path and label.", argument=True, flag="dir"),
]
Deep = Annotated[
    bool,
    option(False, help="Also compare what a pretrained backbone sees: finds more near-duplicates, and labels that the photos contradict."),
]
BackboneOfCheck = Annotated[
    str,
    option(
        "mobilenet_v2",
        flag="backbone",
        help="Whose features --deep compares: a name from `tltool backbones`, the folder of a run, or hub:HANDLE.",
    ),
]
SizeOfCheck = Annotated[
    int | None,
    option(
        None, flag="size", ge=16, le=2048, help="Side of the square the model will see, in pixels; default: the backbone's native size."
    ),
]
Page = Annotated[Path | None, option(None, flag="report", help="Also write a page with small pictures to look at in a browser: FILE.html.")]
CleanCsv = Annotated[
    Path | None,
    option(
        None,
        flag="write-clean",
        help="Also write a new CSV for --data, which leaves out unreadable files, exact duplicates, pictures under two labels and leaks.",
    ),
]
DropDoubts = Annotated[bool, option(False, help="Leave the doubtful labels of --deep out of that CSV too.")]
ForcePage = Annotated[bool, option(False, flag="force", help="Replace the page of an earlier check.")]
Strict = Annotated[bool, option(False, help="End with exit code 1 on warnings too, not only where training would fail or mislead badly.")]

# What was trained, and photos to ask it about
RunFolder = Annotated[Path, option(help="Folder of a run.", argument=True)]
Trained = Annotated[Path, option(help="Folder of a run, or a .tflite or .onnx file.", argument=True)]
OtherData = Annotated[
    Source, option(None, flag="data", help="Measure on this folder instead of the run's own photos; class folders are matched by name.")
]
SplitName = Annotated[
    Literal["train", "validation", "test", "all"] | None,
    option(None, help="Which part of the photos; default: test, and with --data all of them."),
]
ReportOut = Annotated[Path | None, option(None, flag="out", help="Also write the report and the predictions into this new folder.")]
PhotoPaths = Annotated[
    tuple[Path, ...], option(help="Photos or folders of photos; - reads paths from standard input.", argument=True, min_length=1)
]
Top = Annotated[int, option(1, help="How many classes to name per photo.", ge=1)]
Labels = Annotated[Path | None, option(None, help="Text file with one class name a line, in the order of the scores, for a .tflite file.")]
PixelScaling = Annotated[
    Literal["none", "unit", "tf", "torch", "caffe"] | None,
    option(
        None,
        help="How a .tflite file that tltool did not write wants RGB 0…255 scaled: none, unit (0…1), tf (−1…1), torch or caffe (ImageNet "
        "mean); default: as its metadata says, else none.",
    ),
]

# Looking into a network
SomePhotos = Annotated[
    tuple[Path, ...],
    option((), help="Photos or folders of photos; default: a few that the run was measured on.", flag="photos", argument=True),
]
LayerName = Annotated[str | None, option(None, flag="layer", help="Convolution to look at; default: the one that sees the photo.")]
FilterNumber = Annotated[int | None, option(None, flag="filter", ge=0, help="Filter to look at, from 0; default: the one that says most.")]
WindowPlace = Annotated[
    str | None,
    option(
        None,
        flag="explain-window",
        help="ROW,COL in the feature map of --layer: print the multiply-and-sum that makes this number, and draw nothing else.",
    ),
]
SheetsOut = Annotated[Path | None, option(None, flag="out", help="Folder of the sheets; default: RUN/visuals.")]
ForceSheets = Annotated[bool, option(False, flag="force", help="Replace sheets that tltool drew there; other files stay.")]

# Exports
Formats = Annotated[tuple[ExportFormat, ...], option(("tflite",), flag="format", help="What to write; repeatable.")]
Precisions = Annotated[tuple[Precision, ...], option((), help="Number format of a .tflite, default float32; repeatable.")]
MaxDrop = Annotated[float, option(0.02, help="Accuracy an export may lose on the validation photos, from 0 to 1.", ge=0, le=1)]
ExportsFolder = Annotated[Path, option(help="Folder that tltool export wrote, or a copy of it.", flag="folder", argument=True)]
OnlyFiles = Annotated[
    tuple[str, ...],
    option(
        (),
        flag="only",
        help="Check only this file of the folder, such as model-int8.tflite; repeatable. What else is missing does not count.",
    ),
]
RunOrModel = Annotated[
    Path, option(help="Folder of a run, for its model and all its exports; or one exported model.", argument=True, flag="run-or-file")
]
Seconds = Annotated[float, option(3.0, help="How long to time each model, on each number of threads.", gt=0, le=600)]

# Drawings
Drawing = Annotated[Path | None, option(None, flag="plot", help="Also draw it to scale: FILE.png, .svg or .pdf.")]
ForceDrawing = Annotated[bool, option(False, flag="force", help="Replace the drawing of an earlier command.")]

# The machine
Patience = Annotated[float, option(120.0, flag="wait", help="Seconds to wait at most for Keras to load and to compute.", gt=0, le=3600)]

# Lists
BackboneName = Annotated[str | None, option(None, flag="name", help="Only this backbone.", argument=True)]
ListLayers = Annotated[bool, option(False, flag="layers", help="List the backbone's layers in order, ready for --unfreeze.")]
ListCache = Annotated[bool, option(False, flag="list", help="List the entries, as is done without any flag.")]
VerifyCache = Annotated[bool, option(False, flag="verify", help="Read every entry and compare it with its checksums.")]
ClearCache = Annotated[bool, option(False, flag="clear", help="Remove every entry, and nothing that tltool did not write.")]
