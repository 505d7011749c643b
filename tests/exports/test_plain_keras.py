"""What a run leaves needs Keras alone: nothing of ours has to be installed to load it."""

import json
import subprocess
from collections.abc import Callable

import numpy as np

from tltool.runs import Run

LOAD = """
import json, keras, numpy
model = keras.saving.load_model("model.keras", safe_mode=True)
photos = numpy.random.default_rng(0).integers(0, 256, (2, *model.input_shape[1:])).astype("float32")
print(json.dumps(model.predict(photos, verbose=0).tolist()))
"""


def test_the_model_of_a_finetune_run_answers_the_same_where_tltool_is_not_installed(
    run: Run, elsewhere: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = elsewhere(["-c", LOAD], run.path, ("keras", "tensorflow"))
    assert done.returncode == 0, done.stderr[-2000:]
    model = run.model()
    photos = np.random.default_rng(0).integers(0, 256, (2, *model.input_shape[1:])).astype("float32")
    np.testing.assert_allclose(json.loads(done.stdout), model.predict(photos, verbose=0), atol=1e-6)
