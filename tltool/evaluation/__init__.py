"""Predictions as one table, and every number derived from it."""

from tltool.lookup import lazy

__getattr__, __all__ = lazy(
    __name__,
    {
        "answer": "answers",
        "check_gate": "report",
        "choose_exhibits": "exhibits",
        "conclude": "conclusion",
        "cross_validate": "folds",
        "explain_window": "window",
        "look_inside": "inside",
        "open_predictor": "predictors",
        "open_run": "predictors",
        "part_to_measure": "report",
        "predictor_of": "predictors",
        "judge": "contest",
        "match_classes": "report",
        "measure_samples": "report",
        "read_predictions": "predictors",
        "require_folds": "folds",
        "require_window": "window",
        "run_of": "predictors",
        "select": "report",
        "study_initializers": "spread_study",
    },
)
