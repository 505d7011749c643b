"""What parameters of recipes were called, or where they stood: a program that was copied before still finds them, and runs."""

from collections.abc import Container
from inspect import signature
from typing import Any

from tltool.catalog import RECIPES
from tltool.lookup import locate
from tltool.renamed import require_current

FORMER_NAMES = {"min_accuracy": "min_score"}  # which people, programs and run.json may go on to use
OF_RECIPES: dict[str, dict[str, str]] = {
    "backbones": {"BackboneName": "name", "ListLayers": "layers"},
    "benchmark": {"RunOrModel": "model", "Seconds": "seconds"},
    "cache": {"ListCache": "list_", "VerifyCache": "verify", "ClearCache": "clear"},
    "check": {
        "CheckedData": "photos",
        "Deep": "deep",
        "BackboneOfCheck": "backbone",
        "SizeOfCheck": "size",
        "Page": "report",
        "CleanCsv": "write_clean",
        "DropDoubts": "drop_doubts",
        "ForcePage": "force",
        "Strict": "strict",
    },
    "describe": {
        "Described": "what",
        "SideOfPhoto": "size",
        "LengthOfSignal": "length",
        "Series": "series",
        "Classes": "classes",
        "FormulasToo": "formulas",
        "DenseToo": "ann",
        "EveryLayer": "layers",
        "BuildToo": "build",
    },
    "evaluate": {"OtherData": "photos", "SplitName": "split", "ReportOut": "out", "MinAccuracy": "min_score"},
    "export": {"Formats": "format", "Precisions": "precision", "MaxDrop": "max_drop"},
    "initializers": {"StudyData": "photos", "Against": "against"},
    "predict": {"PhotoPaths": "photos", "Top": "top"},
    "verify": {"ExportsFolder": "folder", "OnlyFiles": "only"},
    "visualize": {
        "SomePhotos": "photos",
        "LayerName": "layer",
        "FilterNumber": "filter",
        "WindowPlace": "explain_window",
        "SheetsOut": "out",
        "ForceSheets": "force",
    },
}
PLACES = {former: (recipe, name) for recipe, names in OF_RECIPES.items() for former, name in names.items()}


def current_name(name: str, known: Container[str]) -> str:
    """What parameter ``name`` is called now, unless it is one of ``known``: a recipe that was copied before has the former."""
    return name if name in known else FORMER_NAMES.get(name, name)


def former_parameter(former: str) -> Any:
    """The annotation of the parameter that was called ``former``, from the recipe that has it now: ``__getattr__`` of
    ``tltool.parameters``."""
    require_current(f"tltool.parameters.{former}")
    if former not in PLACES:
        raise AttributeError(f"module 'tltool.parameters' has no attribute {former!r}")
    recipe, name = PLACES[former]
    return signature(locate(RECIPES[recipe])).parameters[name].annotation
