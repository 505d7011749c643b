"""An .onnx file of tltool's as a function, on onnxruntime, which is an optional extra."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tltool.data.decoding.decoder import FITS
from tltool.errors import ExportError
from tltool.reading import parse_json
from tltool.runtimes.asked import outputs_of
from tltool.runtimes.native import require_utf8
from tltool.threads import cores

FACTS = "tltool"  # the entry of the metadata that holds what tltool knows about the model, as JSON
LABELS = "labels"  # the entry that holds the class names, one a line
INPUT = "pixels"
INSTALL = "Install it with: pip install 'tltool[onnx]'"


@dataclass(frozen=True)
class OnnxModel:
    """uint8 RGB photos [n, size, size, 3] → outputs float32 [n, …], such as probabilities [n, classes].

    ``facts`` has at least ``classes`` (names in the order of the scores), ``size`` (pixels) and ``fit`` (crop, pad or stretch).
    """

    facts: dict[str, Any]
    session: Any

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        side = self.facts["size"]
        if photos.dtype != np.uint8 or photos.shape[1:] != (side, side, 3):
            raise ExportError(f"The photos must be uint8 [n, {side}, {side}, 3]. Received: {photos.dtype} {list(photos.shape)}.")
        outputs = outputs_of(self.facts)
        if not len(photos):
            shapes = {tensor.name: tensor.shape[1:] for tensor in self.session.get_outputs()}
            return outputs.join([np.empty((0, *shapes[name]), np.float32) for name in outputs.NAMES])
        try:
            return outputs.join(self.session.run([*outputs.NAMES], {INPUT: photos}))
        except Exception as error:  # of classes of onnxruntime's own, where the damage shows only now
            raise ExportError(
                f"An .onnx file must answer every photo. Received: one that stops with {' '.join(str(error).split())!r}. "
                "The file is damaged: export it again."
            ) from error


def load_onnx(path: Path | str, threads: int | None = None) -> OnnxModel:
    """Open an .onnx file that tltool wrote; ``threads`` defaults to the processors this process may use.

    Raises:
        ExportError: onnxruntime is not installed, no ONNX file, or one of another's.
    """
    session = _session(Path(path), threads or cores())
    return OnnxModel(_facts(Path(path), session), session)


def _session(path: Path, threads: int) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise ExportError(
            f"An .onnx file must be run with onnxruntime. Received: {path}, and onnxruntime is not installed. {INSTALL}"
        ) from None
    if not path.is_file():
        raise ExportError(f"The model must be an .onnx file that can be read. Received: {path}, which is none.")
    require_utf8(path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 4
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has an exception of its own for every status, without a common base
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise ExportError(f"{path} must be an ONNX file that onnxruntime can run. Received: {reason}. Export it again.") from None


def _facts(path: Path, session: Any) -> dict[str, Any]:
    try:
        facts = parse_json(session.get_modelmeta().custom_metadata_map[FACTS])
        size, outputs = facts["size"], outputs_of(facts)
        (given,) = session.get_inputs()
        whole = (given.name, given.type, given.shape[1:]) == (INPUT, "tensor(uint8)", [size, size, 3]) and facts["fit"] in FITS
        shapes = {asked.name: asked.shape for asked in session.get_outputs()}
        whole = whole and {*shapes} == {*outputs.NAMES}
        whole = whole and outputs.classes([shapes[name] for name in outputs.NAMES]) == len(facts["classes"])
    except (ValueError, TypeError, LookupError, AttributeError):
        whole = False
    if not whole:
        raise ExportError(
            f"{path} must be an ONNX file that tltool exported, uint8 [n, size, size, 3] in and its classes in the metadata. "
            f"Received: {', '.join(f'{tensor.name} {tensor.shape}' for tensor in session.get_inputs())}. Run it with "
            "onnxruntime itself, or convert it to .tflite."
        )
    return facts
