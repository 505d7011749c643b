"""The transfer-learning guide of Keras, written plainly: the baseline that the other benchmarks measure against.

    python benchmarks/keras_guide.py PHOTOS [--size 224] [--crop] [--seed 0] [--weights imagenet]

PHOTOS has train/, validation/ and test/. MobileNetV2 behind a random flip and a random rotation; 10 epochs of the head alone with Adam at
1e-3, then 5 epochs of all layers at 1e-5, batch norm in inference mode, as the guide recommends. Nothing is tuned. Prints one line of
JSON after each phase: its seconds of ``fit`` and the accuracy on the validation and test photos.
"""

import argparse
import json
import time
from pathlib import Path

import keras
from keras import layers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--crop", action="store_true", help="crop_to_aspect_ratio, which the guide leaves off")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, nargs=2, default=(10, 5), metavar=("FROZEN", "ALL"))
    parser.add_argument("--answers", type=Path, help="file for the class numbers it gives the test photos, as JSON")
    asked = parser.parse_args()
    keras.utils.set_random_seed(asked.seed)
    train, validation, test = (read(asked.photos / part, asked.size, asked.crop, asked.seed) for part in ("train", "validation", "test"))
    model, backbone = build(asked.size, len(train.class_names))
    train, validation, test = (part.prefetch(2) for part in (train, validation, test))
    for phase, epochs, rate, trainable in zip(("frozen", "all layers"), asked.epochs, (1e-3, 1e-5), (False, True), strict=True):
        backbone.trainable = trainable
        model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
        started, used = time.monotonic(), time.process_time()
        model.fit(train, validation_data=validation, epochs=epochs, verbose=0)
        fitted = {"phase": phase, "seconds": round(time.monotonic() - started, 1), "cpu_seconds": round(time.process_time() - used, 1)}
        scores = {name: model.evaluate(part, verbose=0)[1] for name, part in (("validation", validation), ("test", test))}
        print(json.dumps(fitted | scores), flush=True)
    if asked.answers:
        asked.answers.write_text(json.dumps(model.predict(test, verbose=0).argmax(axis=1).tolist()))


def read(folder: Path, size: int, crop: bool, seed: int):  # type: ignore[no-untyped-def]
    return keras.utils.image_dataset_from_directory(
        folder, image_size=(size, size), batch_size=32, seed=seed, verbose=False, shuffle=folder.name == "train", crop_to_aspect_ratio=crop
    )


def build(size: int, classes: int) -> tuple[keras.Model, keras.Model]:
    backbone = keras.applications.MobileNetV2(include_top=False, input_shape=(size, size, 3))
    photo = keras.Input((size, size, 3))
    x = layers.RandomRotation(0.1)(layers.RandomFlip("horizontal")(photo))
    x = layers.Rescaling(1 / 127.5, offset=-1)(x)
    x = layers.GlobalAveragePooling2D()(backbone(x, training=False))
    scores = layers.Dense(classes, activation="softmax")(layers.Dropout(0.2)(x))
    return keras.Model(photo, scores), backbone


if __name__ == "__main__":
    main()
