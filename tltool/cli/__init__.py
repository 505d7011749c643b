"""The ``tltool`` command."""
