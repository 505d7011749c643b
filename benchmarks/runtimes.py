"""Do the runtimes of others answer the test vectors of an export as its card allows?

    python benchmarks/runtimes.py EXPORTS [RUNTIME …]

EXPORTS is what ``tltool export`` left in a run. Every runtime is installed into an environment of its own beside the checkout
(``.venv-NAME``), opens every file that it takes, and is asked the photos in ``testvectors/``: litert with its three sets of kernels,
tflite-runtime 2.14, TFLite Micro, OpenVINO (computing in float32), ONNX Runtime without its optimizations, MediaPipe, and LiteRT.js in a
headless Chromium (``npm`` and ``chromium`` must be there). The exit code is 1 when an answer is farther off than ``vectors.json`` allows,
or names another class where the expected one leads by more.
"""

import functools
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tltool.exports.bundle.tolerances import turned

ROOT = Path(__file__).parents[1]
START = """
import json, sys
from pathlib import Path
import numpy as np
from PIL import Image

folder = Path(sys.argv[1])
known = json.loads((folder / "testvectors" / "vectors.json").read_text(encoding="utf-8"))
photos = [np.asarray(Image.open(folder / "testvectors" / vector["file"]))[np.newaxis] for vector in known["vectors"]]
names = [line for line in (folder / "labels.txt").read_text(encoding="utf-8").split("\\n") if line]

def tell(name, answer):
    try:
        ask = answer()
        told = {"answers": [np.asarray(ask(photo), float).ravel().tolist() for photo in photos]}
    except Exception as error:
        told = {"error": " ".join(str(error).split())[:160]}
    print("TOLD " + json.dumps({"file": name, **told}), flush=True)

def interpret(model):
    model.allocate_tensors()
    given, asked = model.get_input_details()[0], model.get_output_details()[0]
    scale, zero = asked["quantization"]
    def ask(photo):
        model.set_tensor(given["index"], photo.astype(given["dtype"]))
        model.invoke()
        scores = model.get_tensor(asked["index"]).astype(float)
        return (scores - zero) * scale if scale else scores
    return ask

tflites = sorted(folder.glob("*.tflite"))
"""
LITERT = """
from ai_edge_litert.interpreter import Interpreter, OpResolverType
for path in tflites:
    tell(path.name, lambda: interpret(Interpreter(str(path), experimental_op_resolver_type=OpResolverType.{kernels})))
"""
OLD = """
from tflite_runtime.interpreter import Interpreter
for path in tflites:
    tell(path.name, lambda: interpret(Interpreter(str(path))))
"""
MICRO = """
from tflite_micro.python.tflite_micro import runtime
def open_model():
    model = runtime.Interpreter.from_file(str(folder / "model-int8.tflite"), arena_size=64 << 20)
    scale, zero = (model.get_output_details(0)["quantization_parameters"][key][0] for key in ("scales", "zero_points"))
    def ask(photo):
        model.set_input(photo, 0)
        model.invoke()
        return (model.get_output(0).astype(float) - zero) * scale
    return ask
tell("model-int8.tflite", open_model)
"""
OPENVINO = """
import openvino
def open_model(path):
    model = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda photo: dequantized(model(photo.astype(model.input(0).get_element_type().to_dtype()))[0])
def dequantized(scores):
    return scores / 256 if scores.dtype == np.uint8 else scores
for path in [*tflites, *folder.glob("*.onnx")]:
    tell(path.name, lambda: open_model(path))
"""
ONNX = """
import onnxruntime
def open_model(path):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    model = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda photo: model.run(None, {model.get_inputs()[0].name: photo})[0]
for path in folder.glob("*.onnx"):
    tell(path.name, lambda: open_model(path))
"""
MEDIAPIPE = """
import mediapipe
from mediapipe.tasks.python import BaseOptions, vision
def open_model(path):
    model = vision.ImageClassifier.create_from_options(
        vision.ImageClassifierOptions(base_options=BaseOptions(model_asset_path=str(path))))
    def ask(photo):
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(photo[0]))
        scores = {category.category_name: category.score for category in model.classify(image).classifications[0].categories}
        return [scores[name] for name in names]
    return ask
for path in tflites:
    tell(path.name, lambda: open_model(path))
"""
PAGE = """<script type="module">
import {loadLiteRt, loadAndCompile, Tensor} from "/js/core/dist/bundle.js";
const told = [];
try {
  await loadLiteRt("/js/core/wasm/");
  const asked = await (await fetch("/asked.json")).json();
  for (const name of asked.files) {
    try {
      const model = await loadAndCompile("/exports/" + name, {accelerator: "wasm"});
      const given = model.getInputDetails()[0], answers = [];
      for (const photo of asked.photos) {
        const Kind = given.dtype === "uint8" ? Uint8Array : Float32Array;
        const results = await model.run([new Tensor(new Kind(photo), Array.from(given.shape))]);
        answers.push(Array.from(await results[0].data(), value => given.dtype === "uint8" ? value / 256 : value));
      }
      told.push({file: name, answers});
    } catch (error) { told.push({file: name, error: String(error).slice(0, 160)}); }
  }
} catch (error) { told.push({file: "all", error: String(error).slice(0, 160)}); }
await fetch("/told", {method: "POST", body: JSON.stringify(told)});
</script>"""


class Runtime(NamedTuple):
    """What is installed, whether with what it depends on, and the program that asks it."""

    packages: tuple[str, ...]
    program: str
    options: tuple[str, ...] = ()


MEDIAPIPE_PACKAGES = (
    "mediapipe",
    "absl-py",
    "flatbuffers",
    "matplotlib",
    "contourpy",
    "cycler",
    "fonttools",
    "kiwisolver",
    "packaging",
    "pyparsing",
    "python-dateutil",
    "six",
    "numpy",
    "opencv-python-headless",
    "pillow",
    "cffi",
    "pycparser",
    "sounddevice",
    "certifi",
)
RUNTIMES = {
    "litert": Runtime(("ai-edge-litert", "pillow"), LITERT.format(kernels="BUILTIN")),
    "litert-builtin": Runtime(("ai-edge-litert", "pillow"), LITERT.format(kernels="BUILTIN_WITHOUT_DEFAULT_DELEGATES")),
    "litert-reference": Runtime(("ai-edge-litert", "pillow"), LITERT.format(kernels="BUILTIN_REF")),
    "tflite-runtime": Runtime(("tflite-runtime==2.14.0", "numpy<2", "pillow"), OLD),  # there are wheels for Python 3.11 and older
    "tflite-micro": Runtime(("tflite-micro", "pillow"), MICRO),
    "openvino": Runtime(("openvino", "pillow"), OPENVINO),
    "onnxruntime": Runtime(("onnxruntime", "pillow"), ONNX),
    "mediapipe": Runtime(MEDIAPIPE_PACKAGES, MEDIAPIPE, ("--no-deps",)),  # of the two OpenCVs only this one needs no desktop
}
BROWSER = "litert.js"


def ask_python(runtime: Runtime, folder: Path) -> list[dict[str, Any]]:
    place = ROOT / f".venv-{runtime.packages[0].partition('=')[0]}"
    if not (place / "installed").is_file():
        subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
        subprocess.run([place / "bin" / "python", "-m", "pip", "install", "--quiet", *runtime.options, *runtime.packages], check=True)
        (place / "installed").touch()
    done = subprocess.run([place / "bin" / "python", "-c", START + runtime.program, folder], capture_output=True, text=True, check=False)
    told = [json.loads(line[5:]) for line in done.stdout.splitlines() if line.startswith("TOLD ")]
    return told or [{"file": "all", "error": done.stderr.strip()[-300:]}]


def ask_browser(folder: Path) -> list[dict[str, Any]]:
    place = ROOT / ".venv-litertjs"
    scope = place / "node_modules" / "@litertjs"
    if not (scope / "core" / "dist" / "bundle.js").is_file():
        place.mkdir(exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--prefix", place, "@litertjs/core", "esbuild"], check=True)
        subprocess.run(
            [
                place / "node_modules" / ".bin" / "esbuild",
                scope / "core" / "dist" / "index.js",
                "--bundle",
                "--format=esm",
                f"--outfile={scope / 'core' / 'dist' / 'bundle.js'}",
            ],
            check=True,
            capture_output=True,
        )
    told: list[dict[str, Any]] = []
    arrived = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Site, folder, scope, told, arrived))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser = subprocess.Popen(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"http://127.0.0.1:{server.server_port}/"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    arrived.wait(300)
    browser.terminate()
    server.shutdown()
    return told or [{"file": "all", "error": "no answer within 300 s"}]


class _Site(SimpleHTTPRequestHandler):
    def __init__(self, folder: Path, scope: Path, told: list[dict[str, Any]], arrived: threading.Event, *rest: Any) -> None:
        self.exports, self.scope, self.told, self.arrived = folder, scope, told, arrived
        super().__init__(*rest)

    def do_GET(self) -> None:
        if self.path in ("/", "/asked.json"):
            content = PAGE if self.path == "/" else json.dumps({"files": _tflites(self.exports), "photos": _photos(self.exports)})
            self.send_response(200)
            self.send_header("Content-Type", "text/html" if self.path == "/" else "application/json")
            self.end_headers()
            self.wfile.write(content.encode())
        else:
            super().do_GET()

    def do_POST(self) -> None:
        self.told += json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()
        self.arrived.set()

    def translate_path(self, path: str) -> str:
        root, _, rest = path.removeprefix("/").partition("/")
        return str({"exports": self.exports, "js": self.scope}.get(root, self.scope) / rest)

    def log_message(self, *_: Any) -> None:
        pass


def _tflites(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.tflite"))


def _photos(folder: Path) -> list[list[int]]:
    from PIL import Image

    return [np.asarray(Image.open(path)).ravel().tolist() for path in sorted((folder / "testvectors").glob("*.png"))]


def compare_runs(runtime: str, told: list[dict[str, Any]], folder: Path) -> Iterator[bool]:
    """Print a line for every file, and say whether it is as the card allows."""
    known = json.loads((folder / "testvectors" / "vectors.json").read_text(encoding="utf-8"))
    curve = json.loads((folder / "model_card.json").read_text(encoding="utf-8"))["scores"]["calibration"]
    for entry in told:
        name = entry["file"]
        if "error" in entry:
            print(f"{runtime:17} {name:21} does not run: {entry['error']}", flush=True)
            yield False
            continue
        expected = np.array([vector["probabilities"][name] for vector in known["vectors"]])
        found, allowed = np.array(entry["answers"]), known["tolerances"][name]
        found = _uncalibrated(found, curve) if runtime == "mediapipe" and curve else found
        gap, others = float(np.abs(found - expected).max()), int(turned(expected, found, allowed).sum())
        same = int((found.argmax(axis=1) == expected.argmax(axis=1)).sum())
        fine = gap <= allowed and not others
        print(
            f"{runtime:17} {name:21} largest gap {gap:.4f} of {allowed:.3f}, same label {same} of {len(expected)}"
            f"{'' if fine else '  BEYOND'}",
            flush=True,
        )
        yield fine


def _uncalibrated(scores: np.ndarray, curve: dict[str, float]) -> np.ndarray:
    """What a model said before MediaPipe applied the curve of its metadata."""
    kept = np.clip(scores, 1e-7, 1 - 1e-7)
    return 1 / (1 + np.exp((curve["offset"] - np.log(kept / (1 - kept))) / curve["slope"]))


if __name__ == "__main__":
    exports = Path(sys.argv[1]).absolute()
    verdicts = [
        fine
        for name in sys.argv[2:] or [*RUNTIMES, BROWSER]
        for fine in compare_runs(name, ask_browser(exports) if name == BROWSER else ask_python(RUNTIMES[name], exports), exports)
    ]
    sys.exit(not all(verdicts))
