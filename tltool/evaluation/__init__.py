"""Predictions as one table, and every number derived from it."""

from tltool.lookup import lazy

__getattr__, __all__ = lazy(__name__, {
    "answer": "answers",
    "check_gate": "report",
    "conclude": "conclusion",
    "cross_validate": "folds",
    "open_predictor": "predictors",
    "open_run": "predictors",
    "predictor_of": "predictors",
    "match_classes": "report",
    "measure_samples": "report",
    "read_predictions": "predictors",
    "require_folds": "folds",
    "run_of": "predictors",
    "select": "report",
})
