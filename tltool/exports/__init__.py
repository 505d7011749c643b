"""Models for elsewhere, each proved to answer like the run it came from.

Writing them needs TensorFlow; verifying them needs the runtimes of those that are there, and no others.
"""

from typing import TYPE_CHECKING

from tltool.lookup import lazy

if TYPE_CHECKING:
    from tltool.exports.artefacts import plan_artefacts as plan_artefacts, write_artefact as write_artefact
    from tltool.exports.bundle.verification import verify as verify
    from tltool.exports.photos import ADVICE as ADVICE, photos_needed as photos_needed
    from tltool.exports.provenance import facts_of as facts_of
    from tltool.exports.reference import check_drop as check_drop, prove as prove, take_reference as take_reference
    from tltool.exports.requantize import requantize_lossy as requantize_lossy
    from tltool.exports.staging import publish as publish, staged as staged
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
