"""Seconds of processor that a photo takes in a frozen network, by Keras and by LiteRT, and from how many photos on converting pays.

    python benchmarks/inference.py [BACKBONE …] [--photos 256] [--size 224]

Each backbone has weights of chance and a global average on top, as a head sees it. Both ways compute the same photos by turns, three times;
the fastest of each counts. Converting includes the start of the process that does it. Run it with nothing else running.
"""

import argparse
import time
from collections.abc import Callable

import keras
import numpy as np

from tltool.models.backbone import load_backbone
from tltool.models.inference import FEWEST, PER_MILLION, Inference
from tltool.models.stack.pooling import pool_globally

BACKBONES = ("mobilenet_025", "mobilenet_v2", "efficientnet_lite0", "efficientnet_v2_b0", "densenet121", "resnet50", "inception_v3")
BATCH, ROUNDS = 32, 3


def seconds(work: Callable[[], object]) -> float:
    """On the clock."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def row(name: str, count: int, size: int) -> str:
    body = load_backbone(name, "none", size)
    photo = keras.Input((size, size, 3))
    model = keras.Model(photo, pool_globally(body(photo), "avg"))
    photos = np.random.default_rng(0).integers(0, 256, (count, size, size, 3)).astype("float32")
    inference = Inference(model, 10**9)
    converting = seconds(lambda: inference.on_litert(photos))
    if (forward := inference.on_litert(photos)) is None:
        return f"{name:20} stays with Keras"
    first = seconds(lambda: model.predict_on_batch(photos[:BATCH]))
    batches = range(0, count, BATCH)
    runs = [
        (
            seconds(lambda: [model.predict_on_batch(photos[i : i + BATCH]) for i in batches]),
            seconds(lambda: [forward(photos[i : i + BATCH]) for i in batches]),
        )
        for _ in range(ROUNDS)
    ]
    keras_s, litert_s = (min(times) / count for times in zip(*runs, strict=True))
    pays = (converting - first) / (keras_s - litert_s) if keras_s > litert_s else float("inf")
    millions = model.count_params() / 1e6
    speeds = f"{1000 * keras_s:10.1f}{1000 * litert_s:10.1f}{keras_s / litert_s:8.2f}"
    return f"{name:20}{millions:8.1f}{speeds}{first:8.1f}{converting:12.1f}{pays:10.0f}{FEWEST + PER_MILLION * millions:8.0f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("backbones", nargs="*", default=BACKBONES, metavar="BACKBONE")
    parser.add_argument("--photos", type=int, default=256)
    parser.add_argument("--size", type=int, default=224)
    given = parser.parse_args()
    print("backbone            millions  Keras ms LiteRT ms   ratio  first  converting      pays    rule   (s; photos)", flush=True)
    for backbone in given.backbones:
        print(row(backbone, given.photos, given.size), flush=True)
        keras.backend.clear_session()
