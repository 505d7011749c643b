"""Predictions as one table, and every number derived from it."""

from typing import TYPE_CHECKING

from tltool.lookup import lazy

if TYPE_CHECKING:
    from tltool.data.predictions import read_predictions as read_predictions
    from tltool.evaluation.answers import answer as answer
    from tltool.evaluation.caution import be_cautious as be_cautious
    from tltool.evaluation.coco_results import require_results as require_results, write_results as write_results
    from tltool.evaluation.contenders import compare_runs as compare_runs
    from tltool.evaluation.final import finish as finish
    from tltool.evaluation.folds import cross_validate as cross_validate, require_folds as require_folds
    from tltool.evaluation.learning_curve import measure_learning as measure_learning, require_curve as require_curve
    from tltool.evaluation.measurement import measure_trained as measure_trained
    from tltool.evaluation.pairing import tell_apart as tell_apart
    from tltool.evaluation.predictors import (
        open_predictor as open_predictor,
        open_run as open_run,
        predictor_of as predictor_of,
        run_of as run_of,
    )
    from tltool.evaluation.quality import rate_answers as rate_answers
    from tltool.evaluation.rating import count_confusions as count_confusions, list_errors as list_errors, rate_photos as rate_photos
    from tltool.evaluation.report import (
        check_gate as check_gate,
        match_classes as match_classes,
        measure_samples as measure_samples,
        part_to_measure as part_to_measure,
        select as select,
    )
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
