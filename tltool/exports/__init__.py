"""Models for elsewhere, each proved to answer like the run it came from. TensorFlow is needed here."""

from tltool.lookup import lazy

__getattr__, __all__ = lazy(__name__, {
    "check_drop": "proof",
    "models_in": "speed",
    "plan_artefacts": "artefacts",
    "publish": "artefacts",
    "time_models": "speed",
    "workshop": "artefacts",
    "photos_needed": "photos",
    "prove": "proof",
    "mend": "rescue",
    "state_claim": "proof",
    "write_artefact": "artefacts",
    "calibration_facts": "origin",
    "choose_vectors": "vectors",
    "hand_over": "handover",
    "replay": "inspection",
    "trace_origin": "origin",
})
