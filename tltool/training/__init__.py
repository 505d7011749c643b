"""Phases and how they run: features once, the head solved, the backbone fine-tuned, the best kept."""

from typing import TYPE_CHECKING

from tltool.lookup import lazy

if TYPE_CHECKING:
    from tltool.training.dry_run import estimate_training as estimate_training
    from tltool.training.features import photo_features as photo_features
    from tltool.training.fitting import train as train
    from tltool.training.label_errors import suspect_labels as suspect_labels
    from tltool.training.phases import (
        as_records as as_records,
        plan_phases as plan_phases,
        resolve_training as resolve_training,
        without_augmentation as without_augmentation,
    )
    from tltool.training.plan import freeze_plan as freeze_plan
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
