"""What is wrong with photos, or odd: findings drawn from samples, their looks and their likeness."""

from tltool.lookup import lazy

__getattr__, __all__ = lazy(
    __name__,
    {
        "audit_photos": "checks",
        "look_over": "checks",
        "require_absent": "clean",
        "require_page": "page",
        "warn_of_findings": "checks",
        "write_clean": "clean",
        "write_page": "page",
    },
)
