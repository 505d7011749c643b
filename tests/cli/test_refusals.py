"""What slips are answered with, word for word; and nothing of it takes TensorFlow, which takes seconds to load."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

REFUSALS = {  # what is typed → exit code and the last line, where {here} is the working directory
    "train": (2, "The command must be finetune or scratch. Received: 'train'."),
    "finetune": (2, "Missing option '--data'."),
    "finetune photos": (2, "Got 'photos' without an option. Photos are given with --data photos."),
    "finetune --data fotos": (
        1,
        "The photos must be in a folder or a CSV that exists. Received: '{here}/fotos', which does not exist. Did you mean 'photos'?",
    ),
    "finetune --data ''": (
        1,
        "Photos must be given as a folder, a CSV or a DataFrame. Received: ''. Give the path of a folder with one subfolder "
        "per class, or a table with the columns path and label.",
    ),
    "finetune --data https://example.org/p.zip": (
        1,
        "The photos must lie on this computer. Received: https://example.org/p.zip, an address. Download it, unpack it, and "
        "give the folder.",
    ),
    "check photos.zip": (
        1,
        "The photos must lie unpacked in a folder. Received: '{here}/photos.zip', an archive. Unpack it and give the folder: "
        "`unzip photos.zip -d photos`, then --data photos.",
    ),
    "finetune --data note.txt": (
        1,
        "The photos must be in a folder with one subfolder per class, or listed in a CSV. Received: '{here}/note.txt', which is neither.",
    ),
    "finetune --data photos --lr 1": (2, "No such option '--lr' here. It is called --learning-rate."),
    "finetune --data photos --learning-rate nan": (1, "--learning-rate must be a number. Received: nan."),
    "finetune --data photos --epochs 0": (2, "Invalid value for '--epochs': 0 is not in the range 1<=x<=10000."),
    "finetune --data photos --backbone mobilnet_v2": (
        1,
        "--backbone must be a known name (did you mean 'mobilenet_v2' or 'mobilenet_025' or 'mobilenet'?). Received: 'mobilnet_v2'.",
    ),
    "finetune --data photos --backbone hub:mobilenet_v2": (
        1,
        "A hub handle must be a SavedModel folder that exists, an http(s) URL, or a name such as "
        "google/mobilenet-v2/tensorFlow2/100-224-feature-vector/2. Received: 'hub:mobilenet_v2'. That network needs no "
        "hub: give --backbone mobilenet_v2.",
    ),
    "finetune --data photos --backbone ./none": (
        1,
        "A run is a folder that holds run.json. Received: none. Give the folder that a tltool command wrote.",
    ),
    "finetune --data photos --weights w.h5": (1, "--weights must be imagenet, none or a file that exists. Received: 'w.h5'."),
    "finetune --data photos --dense x": (1, "--dense must be a valid integer. Received: 'x'."),
    "finetune --data photos --folds 5": (
        1,
        "--folds must be 2 or more, and at most the number of photos that are independent of each other, 4. Received: 5.",
    ),
    "finetune --data photos --size 32 --backbone xception": (1, "--size must be at least 71 for xception. Received: 32."),
    "finetune --data photos --out note.txt": (1, "--out must be a folder. Received: note.txt, which is a file."),
    "finetune --data photos --out photos/run": (
        1,
        "--out must be outside of what is read. Received: photos/run, in photos. Choose another.",
    ),
    "finetune --data photos --group-by '('": (
        1,
        "--group-by must be a regular expression. Received: '(' (missing ), unterminated subpattern at position 0).",
    ),
    "finetune --resume photos": (
        1,
        "A run is a folder that holds run.json. Received: photos. Give the folder that a tltool command wrote.",
    ),
    "scratch --data photos --conv 8x3": (
        1,
        "--conv must be FILTERS@KERNEL[/STRIDE][:WORD]…, as in 32@3 or 64@3/2:reflect:relu. Received: '8x3'.",
    ),
    "scratch --data photos --activation tahn": (1, "--activation must be a known name (did you mean 'tanh'?). Received: 'tahn'."),
    "scratch --data shop": (
        1,
        "Folders with the same subfolders are parts or variants of the photos, not classes. Received: 'A', 'B' in "
        "'{here}/shop', which hold 'hats', 'pants'. Give one of them, as in --data '{here}/shop/A'; to learn from all, or if "
        "'A', 'B' are the classes, list the photos in a CSV with the columns path and label.",
    ),
    "compare --data photos --weights none": (
        1,
        "--weights must be trained ones, for there is no transfer from random weights. Received: 'none'.",
    ),
    "signals none.npz --augment light": (
        1,
        "--augment and --no-flip must be left away with signals: they are made for photos. Received: --augment light.",
    ),
    "check photos --drop-doubts": (1, "--drop-doubts must go with --deep and --write-clean. Received: --drop-doubts without them."),
    "evaluate runs/none": (1, "A run is a folder that holds run.json. Received: runs/none. Give the folder that a tltool command wrote."),
    "predict runs/none": (2, "Missing argument 'PHOTOS...'."),
    "export runs/none --format coreml": (2, "Invalid value for '--format': 'coreml' is not one of 'saved_model', 'tflite', 'onnx'."),
    "describe mobilnet": (
        1,
        "What to describe must be a known name (did you mean 'mobilenet' or 'mobilenet_v2' or 'mobilenet_025'?). Received: 'mobilnet'.",
    ),
}
SCRIPT = """
import json, shlex, sys
from click.testing import CliRunner
from tltool.cli.main import tltool
found = {}
for typed in json.load(sys.stdin):
    done = CliRunner().invoke(tltool, shlex.split(typed))
    found[typed] = [done.exit_code, done.stderr.splitlines()[-1:], done.stdout, sorted({"tensorflow", "jax"} & set(sys.modules))]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list]]:
    """Every refusal, by one process after the other."""
    here = tmp_path_factory.mktemp("here")
    for folder in ("photos/cat", "photos/dog", "shop/A/hats", "shop/A/pants", "shop/B/hats", "shop/B/pants"):
        (here / folder).mkdir(parents=True)
        for i in range(2):
            (here / folder / f"{i}.jpg").write_bytes(b"\xff\xd8\xff\xe0\0\x10JFIF\0" + f"{folder}{i}".encode())
    (here / "photos.zip").touch()
    (here / "note.txt").touch()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], input=json.dumps(list(REFUSALS)), cwd=here, capture_output=True, text=True, check=True
    )
    return here, json.loads(done.stdout)


@pytest.mark.parametrize("typed", REFUSALS)
def test_a_slip_is_one_sentence_and_loads_no_tensorflow(typed: str, answers: tuple[Path, dict[str, list]]) -> None:
    (here, found), (code, message) = answers, REFUSALS[typed]
    assert shlex.split(typed)
    assert found[typed] == [code, [f"Error: {message.format(here=here)}"], "", []]
