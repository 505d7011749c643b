"""From Python a recipe is as quiet as on the command line: what TensorFlow's native code says reaches nobody, warnings of Python do."""

import subprocess
import sys
from pathlib import Path

from tltool.data import write_digits


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_a_recipe_called_from_python_says_nothing_but_its_own_warnings_and_holds_no_memory(tmp_path: Path) -> None:
    """Four small fits and 300 single predictions in one process: after the first of each, memory stays where it is."""
    folder = write_digits(tmp_path / "digits", range(2))
    for place in folder.iterdir():
        for photo in sorted(place.iterdir())[30:]:
            photo.unlink()
    done = run(f"""
import numpy as np
from tltool import ConvStack, Photos, Training, scratch
from tltool.evaluation import open_predictor

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6

fits = []
for number in range(4):
    run = scratch(Photos(data={str(folder)!r}, size=16), ConvStack(filters=(4,)), training=Training(epochs=2, batch_size=16),
                  out={str(tmp_path)!r} + f"/run-{{number}}")
    fits.append(resident())
predictor, photo, predicts = open_predictor(run.path), np.zeros((1, 16, 16, 3), "uint8"), []
for number in range(300):
    predictor.scores(photo)
    if number in (49, 299):
        predicts.append(resident())
print(fits[-1] - fits[0], predicts[1] - predicts[0])
""")
    assert done.returncode == 0, done.stderr
    assert {line.partition(":")[0] for line in done.stderr.splitlines()} <= {"There are only 10 validation and 10 test photos"}
    of_fits, of_predicts = map(float, done.stdout.split())
    assert of_fits < 90 and of_predicts < 20, "megabytes"
