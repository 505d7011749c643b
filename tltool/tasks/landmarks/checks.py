"""What can be wrong with points is found where labels are read, in ``data.annotations.findings``."""

CHECKS = ()
