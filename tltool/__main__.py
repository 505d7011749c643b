"""``python -m tltool`` is ``tltool``."""

from tltool.cli.main import tltool

tltool(prog_name="tltool")
