"""A run's model as MLflow loads it, ``mlflow.pyfunc.load_model("runs:/ID/model")``: the artefacts in ``model`` are a run again."""

from pathlib import Path
from typing import Any

from tltool.runs import Run


class Served:
    """The model of a run behind the method that MLflow calls."""

    def __init__(self, run: Run) -> None:
        self.model = run.model()

    def predict(self, photos: Any, params: Any = None) -> Any:
        """float32 RGB 0–255 ``[n, size, size, 3]`` → what the model gives, as an array."""
        return self.model.predict(photos, verbose=0)


def _load_pyfunc(folder: str) -> Served:
    """What MLflow calls with the folder of the artefacts.

    Raises:
        RunError: it holds no run, or one without a model.
    """
    return Served(Run(Path(folder)))
