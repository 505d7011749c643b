"""What can be wrong with boxes is found for all labels beside photos alike, by ``data.annotations.findings``."""

CHECKS = ()
