"""What timing tells people and machines."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tltool.benchmarking.timings import Machine, Memory, Timed, Timing, Timings
from tltool.progress import Table

QUIET = Timing(40, 10.0, 12.5, (2.0, 1.9, 2.1), 0.04, 0.99)
MACHINE = Machine("Some CPU", 2, "Linux", 0.1, {"keras": "3"})


def timings(one: Timing, failures: tuple[str, ...] = ()) -> Timings:
    both = {1: one, 2: replace(QUIET, busy=1.7)}
    models = [
        Timed(Path("exports/model-float32.tflite"), 8_900_000, 224, Memory(80_000_000, 40_000_000), both),
        Timed(Path("exports/saved_model"), 10_500_000, 224, Memory(900_000_000, 100_000_000), both),
    ]
    return Timings(models, "model-float32.tflite", MACHINE, failures)


def test_people_get_a_table_and_how_to_read_it() -> None:
    table, *lines = timings(QUIET).said()
    assert isinstance(table, Table)
    first, second = table.rows
    assert first == ("model-float32.tflite", "LiteRT", "8.90", "10.00", "12.50", "2.00×", "10.00", "12.50", "2.00×", "80", "40.0")
    assert second[1] == "TensorFlow" and second[5] == "2.00× (1.90–2.10)"
    assert table.columns[3] == "1 thread: ms" and table.columns[6] == "2 threads: ms"
    text = " ".join(map(str, lines))
    for words in ("random pixels", "median of 40 photos or more", "Some CPU, 2 processors", "keras 3", "up to 4%", "99% of its time"):
        assert words in text
    assert "rough" not in text


@pytest.mark.parametrize("noise", [{"spread": 0.3}, {"busy": 0.5}])
def test_a_noisy_machine_is_told(noise: dict[str, float]) -> None:
    assert "not quiet: take the figures as rough" in str(list(timings(replace(QUIET, **noise)).said())[-1])


def test_machines_get_one_object_per_model() -> None:
    first, second = map(json.dumps, timings(QUIET).records())
    found = json.loads(first)
    assert found["file"] == "exports/model-float32.tflite" and found["bytes"] == 8_900_000 and found["peak_memory"] == 80_000_000
    assert [timing["threads"] for timing in found["timings"]] == [1, 2] and found["timings"][0]["p95_ms"] == 12.5
    assert found["machine"]["processor"] == "Some CPU" and json.loads(second)["runtime"] == "TensorFlow"


def test_a_model_that_could_not_be_timed_shows_in_the_exit_code() -> None:
    assert (timings(QUIET).exit_code, timings(QUIET, ("x broke",)).exit_code) == (0, 1)
