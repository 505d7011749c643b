"""Models for elsewhere, each proved to answer like the run it came from.

Writing them needs TensorFlow; verifying and timing them need the runtimes of the models that are there, and no others.
"""

from tltool.lookup import lazy

__getattr__, __all__ = lazy(
    __name__,
    {
        "ADVICE": "photos",
        "check_drop": "proof",
        "facts_of": "origin",
        "mend": "mending",
        "models_in": "speed",
        "photos_needed": "photos",
        "plan_artefacts": "artefacts",
        "prove": "proof",
        "publish": "publishing",
        "state_claim": "proof",
        "time_models": "speed",
        "verify": "verification",
        "workshop": "publishing",
        "write_artefact": "artefacts",
    },
)
