"""Exported files that are damaged or lie: TFLite by chance and by name, ONNX with data outside, cards, vectors and labels beside them."""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from attacks.arena import Case, Victim
from attacks.mutations import WILD, mutate
from attacks.scene import draw_photos, tltool, train

TFLITE, ONNX, CARDS = 300, 100, 100  # files damaged by chance


def attack(ground: Path, scale: float, seed: int) -> Iterator[Case]:
    chance, photos = random.Random(seed), draw_photos(ground / "photos")
    run, photo = train(photos, ground / "run"), next(photos.glob("*/*.jpg"))
    tltool("export", run, "--format", "tflite", "--precision", "float32", "--precision", "int8", "--format", "onnx")
    exports = run / "exports"
    with Victim(ground, seconds=30) as victim:
        yield from _damaged(victim, sorted(exports.glob("*.tflite")), int(TFLITE * scale), chance, photo)
        yield from _damaged(victim, sorted(exports.glob("*.onnx")), int(ONNX * scale), chance, photo)
        for name, change in HOSTILE_ONNX.items():
            file = ground / "hostile.onnx"
            shutil.copy(exports / "model.onnx", file)
            change(file)
            verdict = victim.call("attacks.victim:command", ["predict", str(file), str(photo)])
            yield Case("onnx", name, verdict._replace(outcome="opened") if verdict.outcome == "accepted" else verdict)
        yield from _cards(victim, exports, int(CARDS * scale), chance)


def _damaged(victim: Victim, files: list[Path], count: int, chance: random.Random, photo: Path) -> Iterator[Case]:
    for number in range(count):
        whole = chance.choice(files)
        copy = whole.with_name(f"damaged{whole.suffix}")
        how, damaged = mutate(chance, whole.read_bytes())
        copy.write_bytes(damaged)
        verdict = victim.call("attacks.victim:command", ["predict", str(copy), str(photo)])
        if not verdict.survived:
            copy.rename(copy.with_name(f"lost-{number}{copy.suffix}"))
        yield Case(whole.name, f"{number} {how}", verdict)
    for copy in files[0].parent.glob("damaged.*"):
        copy.unlink()


def _cards(victim: Victim, exports: Path, count: int, chance: random.Random) -> Iterator[Case]:
    """``verify`` with each text file beside the models damaged, or wild in one value."""
    texts = [path for path in exports.rglob("*") if path.suffix in (".json", ".txt") and path.is_file()]
    for number in range(count):
        path = chance.choice(texts)
        whole = path.read_bytes()
        how, damaged = mutate(chance, whole) if number % 2 or path.suffix != ".json" else ("value", _wild(chance, whole))
        path.write_bytes(damaged)
        yield Case("beside", f"{number} {path.name} {how}", victim.call("attacks.victim:command", ["verify", str(exports)]))
        path.write_bytes(whole)


def _wild(chance: random.Random, text: bytes) -> bytes:
    """One value drawn by chance, at any depth, replaced by one of WILD."""
    whole = json.loads(text)
    at = whole
    while True:
        key = chance.choice(list(at) if isinstance(at, dict) else range(len(at)))
        if not isinstance(at[key], dict | list) or not at[key] or chance.random() < 0.3:
            at[key] = chance.choice(WILD)
            return json.dumps(whole).encode()
        at = at[key]


def outside(file: Path, location: str) -> None:
    """The first array of the file says that its numbers lie in another one."""
    import onnx

    model = onnx.load(file)
    array = model.graph.initializer[0]
    array.ClearField("raw_data")
    array.data_location = onnx.TensorProto.EXTERNAL
    array.external_data.add(key="location", value=location)
    file.write_bytes(model.SerializeToString())


HOSTILE_ONNX: dict[str, Callable[[Path], None]] = {
    f"data in {location}": lambda file, location=location: outside(file, location)  # type: ignore[misc]
    for location in ("/etc/passwd", "../../../../../../etc/passwd", "secret.bin", "/dev/zero", "")
}
