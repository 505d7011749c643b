"""What native runtimes cannot do: open a file by any name."""

from pathlib import Path

from tltool.errors import ExportError


def require_utf8(path: Path) -> None:
    """Raises ``ExportError`` unless the absolute ``path`` is UTF-8; TensorFlow, LiteRT and onnxruntime take no other names."""
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError:
        raise ExportError(f"A model must lie where every name on the way to it is UTF-8. Received: {path}. Rename what is not.") from None
