"""Backbones with seeded weights export in every precision; ``benchmarks/exports.py --backbones`` asks the same of larger ones."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tltool.data import read_photos
from tltool.data.decoding.decoder import decode

SIZE = 96


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_of_exports", Path(__file__).parents[2] / "benchmarks" / "exports.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["scratch", "mobilenet_v3_small"])
def test_every_precision_exports_and_its_logits_follow_keras(benchmark: ModuleType, photos: Path, tmp_path: Path, name: str) -> None:
    samples = read_photos(photos)
    order = np.random.default_rng(0).permutation(len(samples))
    pixels, labels = np.stack([decode(samples.paths[row], SIZE) for row in order]), samples.labels[order]
    model, held_out = benchmark.seeded_model(name, SIZE, pixels, labels), pixels[-30:]
    assert len(np.unique(model.predict(pixels.astype("float32"), verbose=0).argmax(axis=1))) >= 5
    rows = {row.precision: row for row in benchmark.compare_precisions(model, held_out, pixels[:90], tmp_path)}
    assert set(rows) == {"float32", "float16", "dynamic", "int8", "int16x8"}
    for precision, row in rows.items():
        assert row.correlation >= benchmark.ASKED.get(precision, 0.95), row
        assert row.agreement >= (1 if precision == "float32" else 0.6), row  # margins are thin where nothing was trained
    assert rows["int8"].float_operators == {} and rows["int8"].size < 0.45 and rows["float16"].size < 0.6
