"""Exports that several recipes take, made once."""

import shutil
from pathlib import Path

import pytest

from tltool import Run, export


@pytest.fixture(scope="session")
def exported(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a copy of the run, whose exports nobody changes."""
    own = shutil.copytree(run.path, tmp_path_factory.mktemp("exported") / "run", ignore=shutil.ignore_patterns("exports"))
    export(own, ("tflite", "saved_model"), ("float32", "int8"), max_drop=1.0)
    return own / "exports"
