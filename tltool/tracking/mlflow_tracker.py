"""Runs kept by MLflow, through its client alone: nothing of Keras or TensorFlow is wrapped, logged by itself or imported for it."""

import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tltool.errors import SpecError
from tltool.trackers import Shape, Shapes, Value, without_secrets

DEFAULT = "sqlite:///mlflow.db"  # what MLflow takes itself where nothing is said
EXPERIMENT = "tltool"
DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
SECONDS, SECONDS_FOR_FILES = 10, 120  # that a server may be silent
LONGEST_PARAM, LONGEST_TAG = 6000, 5000  # characters that MLflow takes


class MlflowTracker:
    """One run of MLflow.

    ``place`` is a server or a database; without one ``MLFLOW_TRACKING_URI`` says where, else it is ``mlflow.db`` in the working folder.
    The experiment is that of ``MLFLOW_EXPERIMENT_NAME``, else ``tltool``.
    """

    def __init__(self, place: str = "") -> None:
        """Raises ``SpecError`` for a place where MLflow keeps no runs, and where it is not installed."""
        self.place = place or os.environ.get("MLFLOW_TRACKING_URI", "") or DEFAULT
        self.id = ""
        self._client: Any = None
        _require_place(self.place)
        _require_packages(self.place)

    def start(self, name: str, params: Mapping[str, Value], before: str) -> str:
        with self._asking() as client:
            from mlflow.entities import Param  # not before the settings are made

            if before and not self.id:
                client.update_run(before, status="RUNNING")
            self.id = self.id or before or _new_run(client, name)
            if before:
                return self.id  # it has its parameters, of which none can be told otherwise
            client.log_batch(self.id, params=[Param(key, str(value)[:LONGEST_PARAM]) for key, value in params.items()])
        return self.id

    def epoch(self, step: int, metrics: Mapping[str, float]) -> None:
        with self._asking() as client:
            client.log_batch(self.id, metrics=_as_metrics(metrics, step))

    def finish(self, metrics: Mapping[str, float], files: Mapping[str, Path], shapes: Shapes) -> None:
        with self._asking(SECONDS_FOR_FILES) as client:
            client.log_batch(self.id, metrics=_as_metrics(metrics, 0))
            for place, file in files.items():
                client.log_artifact(self.id, str(file), place.rpartition("/")[0] or None)
            with tempfile.TemporaryDirectory() as folder:
                client.log_artifact(self.id, _write_about(self.id, shapes, Path(folder)), "model")
            client.set_terminated(self.id, "FINISHED")

    def fail(self, reason: str, interrupted: bool) -> None:
        with self._asking() as client:
            client.set_tag(self.id, "tltool.reason", reason[:LONGEST_TAG])
            client.set_terminated(self.id, "KILLED" if interrupted else "FAILED")

    @contextmanager
    def _asking(self, seconds: int = SECONDS) -> Iterator[Any]:
        """MLflow's client, with settings that bound how long it waits, where the user has set no others."""
        settings = {
            "MLFLOW_HTTP_REQUEST_TIMEOUT": str(seconds),
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # the courier comes again
            "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
            "MLFLOW_DISABLE_TELEMETRY": "true",  # read when it is first imported
            "MLFLOW_LOGGING_LEVEL": "CRITICAL",
        }
        ours, loud = {name: value for name, value in settings.items() if name not in os.environ}, logging.getLogger("urllib3")
        level = loud.level
        os.environ.update(ours)
        loud.setLevel(logging.ERROR)  # it tells of every try
        try:
            from mlflow.tracking import MlflowClient

            self._client = self._client or MlflowClient(self.place)
            yield self._client
        finally:
            loud.setLevel(level)
            for name in ours:
                os.environ.pop(name, None)


def _require_place(place: str) -> None:
    scheme = place.partition(":")[0].partition("+")[0].lower() if ":" in place else ""
    folders = os.environ.get("MLFLOW_ALLOW_FILE_STORE", "").lower() in ("1", "true")
    if scheme in ("", "file") and place != "databricks" and not folders:
        raise SpecError(
            f"--track must name a server (mlflow:http://localhost:5000) or a database (mlflow:{DEFAULT}); in a folder MLflow keeps no runs "
            f"any more. Received: {without_secrets(place)!r}. Without an address MLFLOW_TRACKING_URI counts, else {DEFAULT}."
        )


def _require_packages(place: str) -> None:
    wanted = ["mlflow", *["sqlalchemy", "alembic"] * place.lower().startswith(DATABASES)]
    if missing := [name for name in wanted if find_spec(name) is None]:
        raise SpecError(
            f"--track mlflow needs the package {missing[0]}. Received: none installed. Install it with: pip install 'tltool[mlflow]'"
        )


def _new_run(client: Any, name: str) -> str:
    experiment = os.environ.get("MLFLOW_EXPERIMENT_NAME", "") or EXPERIMENT
    found = client.get_experiment_by_name(experiment)
    number = found.experiment_id if found else client.create_experiment(experiment)
    return str(client.create_run(number, run_name=name, tags={"mlflow.source.name": "tltool", "mlflow.source.type": "LOCAL"}).info.run_id)


def _as_metrics(values: Mapping[str, float], step: int) -> list[Any]:
    from mlflow.entities import Metric

    now = round(1000 * time.time())
    return [Metric(name, value, now, step) for name, value in values.items()]


def _write_about(run: str, shapes: Shapes, folder: Path) -> str:
    """The file ``MLmodel``, by which MLflow knows the artefacts beside it as a model: its signature, and what loads it."""
    from mlflow.models import Model, ModelSignature

    about = Model(artifact_path="model", run_id=run, signature=ModelSignature(_schema(shapes.inputs), _schema(shapes.outputs)))
    python = ".".join(map(str, sys.version_info[:3]))
    about.add_flavor("python_function", loader_module="tltool.tracking.served", python_version=python)
    about.save(str(folder / "MLmodel"))
    return str(folder / "MLmodel")


def _schema(shapes: tuple[Shape, ...]) -> Any:
    import numpy as np
    from mlflow.types import Schema, TensorSpec

    names = [None] if len(shapes) == 1 else [f"tensor_{number}" for number in range(len(shapes))]
    return Schema([TensorSpec(np.dtype(shape.dtype), shape.sides, name) for shape, name in zip(shapes, names)])
