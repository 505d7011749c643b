"""Pages of templates that lie beside the code: read in one way, and those in HTML with one beginning, which lets them load nothing and run
nothing."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


def templates_beside(module: str, is_html: bool) -> "Environment":
    """The templates in the folder of ``module``, a file. Each may include ``head.html``, which names a ``mark``, whose page it is.

    Args:
        is_html: escape whatever is put into them.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader([Path(module).parent, Path(__file__).parent])
    return Environment(loader=loader, autoescape=is_html, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
