"""Models for elsewhere, each proved to answer like the run it came from. TensorFlow is needed here."""

from tltool.lookup import lazy

__getattr__, __all__ = lazy(__name__, {
    "calibration_rows": "artefacts",
    "check_drop": "proof",
    "plan_artefacts": "artefacts",
    "publish": "artefacts",
    "workshop": "artefacts",
    "prove": "proof",
    "write_artefact": "artefacts",
    "write_card": "card",
})
