"""What lies inside a trained network, and why it answers as it does."""

from typing import TYPE_CHECKING

from tltool.lookup import lazy

if TYPE_CHECKING:
    from tltool.inspection.examples import are_located as are_located, choose_examples as choose_examples
    from tltool.inspection.graph import look_inside as look_inside
    from tltool.inspection.initializers import study_initializers as study_initializers
    from tltool.inspection.window import explain_window as explain_window, require_window as require_window
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
