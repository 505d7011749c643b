"""Phases and how they run: features once, the head solved, the backbone fine-tuned, the best kept."""

from tltool.lookup import lazy

__getattr__, __all__ = lazy(
    __name__,
    {
        "doubt_labels": "second_opinion",
        "freeze_plan": "plan",
        "photo_features": "features",
        "plan_phases": "phases",
        "rehearse": "rehearsal",
        "resolve_training": "phases",
        "train": "fitting",
        "without_augmentation": "phases",
    },
)
