"""The words of other tools for what a user means → tltool's own: Keras, timm, fastai, Ultralytics, Hugging Face, TF Hub, Model Maker."""

from collections.abc import Iterable

COMMANDS: dict[str, tuple[str, ...]] = {
    "train": ("finetune", "scratch"),
    "fit": ("finetune", "scratch"),
    "learn": ("finetune", "scratch"),
    **dict.fromkeys(("fine-tune", "tune", "retrain", "transfer", "resume"), ("finetune",)),
    **dict.fromkeys(("val", "validate", "test", "eval", "score", "measure"), ("evaluate",)),
    **dict.fromkeys(("infer", "inference", "classify", "detect", "run"), ("predict",)),
    **dict.fromkeys(("convert", "save", "tflite", "quantize"), ("export",)),
    **dict.fromkeys(("models", "list", "zoo", "layers"), ("backbones",)),
    **dict.fromkeys(("summary", "info", "inspect", "plot-model"), ("describe",)),
    **dict.fromkeys(("initializer", "init-study"), ("initializers",)),
    **dict.fromkeys(("plot", "show", "explain", "gradcam"), ("visualize",)),
    **dict.fromkeys(("bench", "profile", "speed"), ("benchmark",)),
    **dict.fromkeys(("lint", "clean", "audit", "dedupe"), ("check",)),
    **dict.fromkeys(("example", "tutorial", "quickstart", "init"), ("demo",)),
}

FLAGS: dict[str, tuple[str, ...]] = {  # the first that a command has is meant
    **dict.fromkeys(("lr", "lr0", "base-lr", "max-lr", "initial-lr", "base-learning-rate"), ("learning-rate",)),
    **dict.fromkeys(
        ("imgsz", "img", "img-size", "image-size", "input-size", "img-height", "resolution", "target-size", "item-tfms"), ("size",)
    ),
    **dict.fromkeys(
        (
            "model",
            "model-name",
            "arch",
            "architecture",
            "net",
            "network",
            "base-model",
            "model-name-or-path",
            "tfhub-module",
            "hub-module",
            "module",
            "name",
        ),
        ("backbone", "trained", "run", "what"),
    ),
    **dict.fromkeys(("batch", "bs", "b", "batchsize", "train-batch-size", "per-device-train-batch-size"), ("batch-size",)),
    **dict.fromkeys(("epoch", "e", "n-epoch", "n-epochs", "num-epochs", "num-train-epochs", "nb-epochs", "max-epochs"), ("epochs",)),
    **dict.fromkeys(
        (
            "data",
            "image-dir",
            "image-dirs",
            "image-folder",
            "img-dir",
            "images",
            "data-dir",
            "data-path",
            "dataset",
            "dataset-dir",
            "path",
            "folder",
            "dir",
            "directory",
            "input",
            "input-dir",
            "source",
            "train-dir",
            "train-data",
            "train",
        ),
        ("data", "dir", "photos"),
    ),
    **dict.fromkeys(
        (
            "output",
            "o",
            "output-dir",
            "output-path",
            "save-dir",
            "save-path",
            "saved-model-dir",
            "export-dir",
            "project",
            "log-dir",
            "logdir",
            "model-dir",
            "results",
        ),
        ("out",),
    ),
    **dict.fromkeys(
        (
            "freeze",
            "freeze-layers",
            "freeze-encoder",
            "frozen",
            "trainable",
            "do-fine-tuning",
            "train-whole-model",
            "unfreeze-layers",
            "fine-tune",
            "finetune",
            "fine-tune-at",
        ),
        ("unfreeze",),
    ),
    **dict.fromkeys(
        ("val", "valid", "val-split", "valid-pct", "val-pct", "val-size", "validation-split", "validation-percentage"), ("validation",)
    ),
    **dict.fromkeys(("test-split", "test-size", "test-pct", "testing-percentage"), ("test",)),
    **dict.fromkeys(("random-state", "random-seed", "manual-seed"), ("seed",)),
    **dict.fromkeys(("drop", "drop-rate", "dropout", "dropout-rate"), ("dropout", "head-dropout")),
    **dict.fromkeys(("smoothing", "label-smooth"), ("label-smoothing",)),
    **dict.fromkeys(("aug", "aa", "augmentation", "augmentations", "data-augmentation", "do-data-augmentation", "aug-tfms"), ("augment",)),
    **dict.fromkeys(("hflip", "fliplr", "flip-lr", "flip-left-right", "do-flip"), ("flip",)),
    **dict.fromkeys(("gpu", "gpus", "cuda", "cpu", "accelerator", "devices"), ("device",)),
    **dict.fromkeys(("amp", "half", "fp16", "bf16", "int8", "mixed-precision", "quantize", "quantization", "dtype"), ("precision",)),
    **dict.fromkeys(("class-weight", "class-weights", "weighted", "balanced", "oversample"), ("balance",)),
    **dict.fromkeys(("n-folds", "kfold", "kfolds", "k-fold", "cv", "n-splits"), ("folds",)),
    **dict.fromkeys(("pretrained", "checkpoint", "initial-checkpoint", "checkpoint-path", "ckpt", "init"), ("weights",)),
    **dict.fromkeys(("hidden", "units", "hidden-units", "dense-units", "lin-ftrs"), ("dense",)),
    **dict.fromkeys(("tta", "num-augmentations", "repeats"), ("views",)),
    **dict.fromkeys(("crop-mode", "resize-mode", "resize-method", "interpolation"), ("fit",)),
    **dict.fromkeys(("tile", "slice", "slices", "slicing", "sahi", "patches"), ("tiles",)),
    **dict.fromkeys(("llrd", "layer-lr-decay", "lr-mult", "discriminative"), ("layer-decay",)),
    **dict.fromkeys(("time", "max-time", "minute", "max-trials"), ("minutes",)),
    **dict.fromkeys(("topk", "top-k", "k"), ("top",)),
    **dict.fromkeys(("exist-ok", "overwrite", "overwrite-output-dir", "f"), ("force",)),
    **dict.fromkeys(("type", "to", "target", "export-format", "include"), ("format",)),
    **dict.fromkeys(("stop-at", "min-acc", "threshold", "target-accuracy"), ("min-score",)),
    **dict.fromkeys(("kernel", "kernels", "ksize"), ("kernel-size",)),
    **dict.fromkeys(("channels-list", "widths", "num-filters"), ("filters",)),
    **dict.fromkeys(("pool",), ("pooling", "head-pool")),
    **dict.fromkeys(("initializer", "init-method", "kernel-init"), ("kernel-initializer", "head-initializer")),
    **dict.fromkeys(("labels-file", "label-file", "class-names"), ("labels",)),
    **dict.fromkeys(("check", "sanity-check", "validate-only", "n", "simulate"), ("dry-run",)),
}

NEEDLESS: dict[str, str] = {  # what other tools must be told and this one finds out, or has no choice of
    **dict.fromkeys(("num-classes", "n-classes", "nc", "classes"), "the classes are the folders, or the labels of the CSV"),
    **dict.fromkeys(("workers", "num-workers", "j", "nproc", "threads"), "photos are decoded on every processor"),
    **dict.fromkeys(("patience", "early-stopping", "early-stop", "save-best", "save-best-only"), "the best epoch is kept in any case"),
    **dict.fromkeys(
        ("opt", "optimizer", "momentum", "weight-decay", "wd", "sched", "scheduler", "lr-schedule", "warmup-epochs"),
        "the optimizer and its schedule are fixed",
    ),
    **dict.fromkeys(("v", "verbose", "verbosity", "quiet", "q", "debug"), "talk goes to standard error and results to standard output"),
    **dict.fromkeys(("task", "mode", "loss", "metrics"), "it is always one class per photo"),
    **dict.fromkeys(("yes", "y", "no-input"), "nothing is ever asked"),
}

MOVED: dict[str, str] = {"initializers": "initializers", "against": "initializers"}  # flags of earlier versions → commands of their own


def spelt(word: str) -> str:
    """A word as the tables have it: small letters, hyphens, no hyphens in front and no value behind."""
    return word.strip().lstrip("-").partition("=")[0].lower().replace("_", "-")


def translate(word: str, known: "set[str]") -> str | None:
    """The one of the ``known`` flags that ``word``, a flag of another tool, means; None where no table says."""
    word = spelt(word)
    return next((flag for flag in (word, word.removeprefix("no-"), *FLAGS.get(word, ())) if flag in known), None)


def needless(word: str) -> str | None:
    """Why nothing like ``word`` has to be said, as the end of a sentence; None where no table says."""
    return NEEDLESS.get(spelt(word))


def moved(words: Iterable[str]) -> tuple[str, str] | None:
    """The first of ``words`` that was a flag once, and the command that it has become."""
    return next(((word, MOVED[spelt(word)]) for word in words if spelt(word) in MOVED), None)
