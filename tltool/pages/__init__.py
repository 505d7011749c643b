"""A run told on one page, for people: how good it is, why, and what to do next; as HTML and as Markdown."""

from typing import TYPE_CHECKING

from tltool.lookup import lazy

if TYPE_CHECKING:
    from tltool.pages.facts import gather as gather
    from tltool.pages.writing import add_page as add_page, require_page as require_page, run_told as run_told, write_page as write_page
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
