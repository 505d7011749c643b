"""What can be wrong with objects beside what is found for all labels that lie beside photos (``data.annotations.findings``)."""

from tltool.checks.objects import small_objects

CHECKS = (small_objects,)
