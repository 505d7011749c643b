"""How the archives beside this file were made: by version 0.1.0 itself, commit 7a733c8, called from that commit's checkout as
``.venv/bin/python make.py WEIGHTS OUT``. WEIGHTS is the file of ``mobilenet_025`` that Keras publishes; OUT takes the archives.

Everything lies in ``/photos``, ``/runs``, ``/module`` and ``/cache``, which must not exist, while it is made. Most weights of the backbone
are set to zero and the others rounded, so that it packs into little; what counts here is the form of what was written, not how well it
answers.
"""

import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SIZE = 32
PHOTOS, RUNS, MODULE, CACHE = Path("/photos"), Path("/runs"), Path("/module"), Path("/cache")
FOLDERS = {"train": 6, "validation": 4, "test": 4}


def draw_photos() -> None:
    """Three classes of drawings, some PNG, some JPEG and one of them turned by EXIF."""
    numbers = np.random.default_rng(0)
    for part, each in FOLDERS.items():
        for name in ("circles", "crosses", "squares"):
            (PHOTOS / part / name).mkdir(parents=True)
            for number in range(each):
                left, top, side = (*numbers.integers(2, 10, 2), numbers.integers(12, 20))
                photo = Image.new("RGB", (40, 32), tuple(numbers.integers(0, 90, 3).tolist()))
                pen, ink = ImageDraw.Draw(photo), tuple(numbers.integers(150, 255, 3).tolist())
                box = (int(left), int(top), int(left + side), int(top + side))
                if name == "circles":
                    pen.ellipse(box, fill=ink)
                elif name == "squares":
                    pen.rectangle(box, fill=ink)
                else:
                    pen.line(box, ink, 4)
                    pen.line((box[0], box[3], box[2], box[1]), ink, 4)
                exif = Image.Exif()
                exif[0x0112] = 6 if number == 1 else 1
                file = PHOTOS / part / name / f"{number}.{'jpg' if number % 2 else 'png'}"
                photo.save(file, exif=exif, **({"quality": 80} if number % 2 else {}))


def thin_out(weights: Path, out: Path) -> None:
    """``weights`` with the larger four tenths of every kernel, rounded to powers of two and halves between them, and nothing else."""
    import h5py

    shutil.copyfile(weights, out)
    with h5py.File(out, "r+") as file:

        def thin(name: str, values: object) -> None:
            if isinstance(values, h5py.Dataset):
                found = values[()]
                mantissa, exponent = np.frexp(found)
                rounded = np.ldexp(np.round(mantissa * 4) / 4, exponent).astype(found.dtype)
                if found.ndim == 4:
                    rounded[np.abs(found) < np.quantile(np.abs(found), 0.6)] = 0
                values[...] = rounded

        file.visititems(thin)


def write_module() -> None:
    """A SavedModel with the interface of TF Hub's feature vectors: a convolution and the mean of its map."""
    import tensorflow as tf

    class Net(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kernel = tf.Variable(tf.random.stateless_normal([3, 3, 3, 4], seed=(1, 2)), name="conv/kernel")
            self.average = tf.Variable(tf.zeros([4]), trainable=False, name="norm/average")
            self.trainable_variables = [self.kernel]

        trainable_variables = ()

        @tf.function
        def __call__(self, x: tf.Tensor, training: bool = False) -> tf.Tensor:
            x = tf.nn.conv2d(x, self.kernel, 1, "SAME")
            if training:
                self.average.assign(0.9 * self.average + 0.1 * tf.reduce_mean(x, [0, 1, 2]))
            return tf.reduce_mean(tf.nn.relu(x - self.average), [1, 2])

    net = Net()
    for training in (True, False):
        net.__call__.get_concrete_function(tf.TensorSpec([None, SIZE, SIZE, 3]), training=training)
    tf.saved_model.save(net, str(MODULE))


def tltool(*words: str) -> list[str]:
    return [str(Path(sys.executable).with_name("tltool")), *words]


def train() -> None:
    common = ["--data", "/photos", "--size", str(SIZE), "--epochs", "2", "--seed", "0", "--deterministic"]
    calls = [
        ["finetune", *common, "--backbone", "mobilenet_025", "--weights", "/weights.h5", "--unfreeze", "none", "--out", "/runs/finetune"],
        ["export", "/runs/finetune", "--format", "tflite", "--format", "saved_model", "--precision", "float32", "--precision", "int8"],
        ["scratch", *common, "--filters", "4,8", "--out", "/runs/scratch"],
        ["finetune", *common, "--backbone", "hub:/module", "--out", "/runs/hub"],
    ]
    for call in calls:
        done = subprocess.run(tltool(*call), cwd="/runs", check=False)
        print(call[0], "ended with", done.returncode)
    interrupt(tltool("scratch", *common, "--filters", "4", "--epochs", "5000", "--out", "/runs/interrupted"))


def interrupt(command: list[str]) -> None:
    """Ctrl-C once the first state of the training is written."""
    child = subprocess.Popen(command, cwd="/runs")
    while not Path("/runs/interrupted/state.npz").is_file() and child.poll() is None:
        time.sleep(0.5)
    time.sleep(2)
    child.send_signal(signal.SIGINT)
    print("interrupted with", child.wait())


def pack(out: Path) -> None:
    out.mkdir(exist_ok=True, parents=True)

    def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        return member

    for folder in (PHOTOS, CACHE, *sorted(RUNS.iterdir())):
        with tarfile.open(out / f"{folder.name}.tar.xz", "w:xz", preset=9) as archive:
            archive.add(folder, folder.name, filter=anonymous)


if __name__ == "__main__":
    os.environ.update(TLTOOL_CACHE=str(CACHE), CUDA_VISIBLE_DEVICES="")
    RUNS.mkdir()
    draw_photos()
    thin_out(Path(sys.argv[1]), Path("/weights.h5"))
    write_module()
    train()
    pack(Path(sys.argv[2]))
