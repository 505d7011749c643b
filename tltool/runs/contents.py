"""What later commands leave in the folder of a run: the names of their files, by which they are found and cleared, and no others."""

from tltool.catalog import TASKS

CALLERS = ("Classifier", "Detector", "Locator", "Segmenter", "PointFinder", "ObjectFinder")  # snippets in Kotlin and Swift, by task

EXPORT_FILES: tuple[str, ...] = (  # what exports leave in a run's folder
    "exports/saved_model",
    *(f"exports/model-{precision}.tflite" for precision in ("float32", "float16", "dynamic", "int8", "int16x8")),
    "exports/model.onnx",
    "exports/labels.txt",
    "exports/model_card.json",
    "exports/parity.json",
    "exports/MODEL_CARD.md",
    "exports/testvectors/vectors.json",
    *(f"exports/testvectors/vector-{i:02}.png" for i in range(1, 11)),
    *(f"exports/snippets/{task}.py" for task in TASKS),
    *(
        f"exports/snippets/{caller}{precision}.{language}"
        for caller in CALLERS
        for precision in ("Float32", "Float16", "Dynamic", "Int8", "Int16x8")
        for language in ("kt", "swift")
    ),
)

COMPARISON_FILES = ("comparison.json", "comparison.png", "translation.png", "three-reasons.png")  # what compare leaves there
PARTS: dict[str, tuple[str, ...]] = {"compare": ("dense", "stack", "transfer")}  # the runs that a run of a recipe is made of
GATHERED = {**PARTS, "demo": ("stack-0-4", "scratch-5-9", "finetune-5-9", *TASKS)}  # those beside which there is no model

PAGE_FILES = ("report.html", "report.md")  # what report leaves there
PAGE_MARK = "Written by tltool report"  # within the first lines of both, so that those of others stay

SHEET_FILES: tuple[str, ...] = (  # what visualize leaves there
    "visuals/kernels.png",
    "visuals/feature-maps.png",
    "visuals/pooling.png",
    "visuals/attention.png",
    "visuals/window.png",
    "visuals/quality.png",
    "visuals/best.png",
    "visuals/worst.png",
)
