"""What is wrong with photos, or odd: findings drawn from samples, their looks and their likeness."""

from typing import TYPE_CHECKING

from tltool.lookup import lazy

if TYPE_CHECKING:
    from tltool.checks.check import check_photos as check_photos, look_over as look_over, warn_of_findings as warn_of_findings
    from tltool.checks.clean import require_absent as require_absent, write_clean as write_clean
    from tltool.checks.page import require_page as require_page, write_page as write_page
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
