"""What can be wrong with classes of pixels is found where they are read, by ``data.annotations.findings``."""

CHECKS = ()
