"""What native code writes past every log setting straight to descriptor 2: kept away, and said where it ends the program."""

import faulthandler
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from tltool.errors import TltoolError
from tltool.wording import shown

CHARACTERS = 4000  # of the end of the noise, where it is told
LOADED = "tensorflow"
GIVES_UP = "OpenBLAS"  # it asks itself to stop by SIGINT where it gets no thread, so that this looks as if the user had
# In a shell of its own, because native code may end the process without a word to Python: an end of input without a line was no good end.
WATCH = f"""read -r over || if [ -s "$0" ]; then
  echo "Error: The program was ended from outside, or by native code, which wrote last:"
  tail -c {CHARACTERS} "$0" | LC_ALL=C tr -c '[:print:]\\n' '?'
fi
rm -f "$0"
"""


class Patient(io.FileIO):
    """A log that is full, or that nobody reads any more, takes what it can: talk never stops the work."""

    def write(self, data: Any) -> int:
        with suppress(OSError):
            return super().write(data) or len(data)
        return len(data)


@contextmanager
def native_noise_kept_away() -> Iterator[None]:
    """While it lasts, descriptor 2 is a temporary file, and Python's own ``sys.stderr`` where that pointed. The end of the file is shown
    with an error that is not the user's, and where native code ends the process.

    Raises:
        TltoolError: native code gave up by a signal that is otherwise the user's.
    """
    before = sys.stderr
    if not _is_standard_error(before):  # captured by a notebook or a test: nothing reaches descriptor 2 from here
        yield
        return
    before.flush()
    with ExitStack() as opened:
        talk = opened.enter_context(_own_way_out(before))
        noise = opened.enter_context(_watched(talk))
        opened.callback(os.dup2, talk.fileno(), 2)
        opened.callback(setattr, sys, "stderr", before)
        os.dup2(noise.fileno(), 2)
        sys.stderr = talk
        opened.enter_context(_crashes_seen(talk))
        with _last_words_told(noise, talk):
            yield


@contextmanager
def muffled() -> Iterator[None]:
    """While it lasts, descriptor 2 leads nowhere, and ``sys.stderr`` still to where it led: what TensorFlow's code writes before it has
    read any setting. Nothing changes once TensorFlow is loaded, nor in a command, which keeps it for the case of a crash."""
    try:
        real = None if LOADED in sys.modules or _is_kept_away() else os.dup(2)
    except OSError:  # closed: nobody hears it anyway
        real = None
    if real is None:
        yield
        return
    stderr = sys.stderr
    with os.fdopen(real, "w", buffering=1, errors="backslashreplace") as heard, open(os.devnull, "wb") as nowhere:
        if stderr is sys.__stderr__ and stderr is not None:
            stderr.flush()
            sys.stderr = heard
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(real, 2)
            sys.stderr = stderr


def _is_kept_away() -> bool:
    """Whether descriptor 2 leads to where it is kept for the case of a crash."""
    return isinstance(getattr(getattr(sys.stderr, "buffer", None), "raw", None), Patient)


def _is_standard_error(stream: Any) -> bool:
    try:
        return stream.fileno() == 2
    except (AttributeError, OSError, ValueError):
        return False


def _own_way_out(stream: Any) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(Patient(os.dup(2), "w")), encoding=stream.encoding, errors="backslashreplace", line_buffering=True
    )


@contextmanager
def _watched(talk: io.TextIOWrapper) -> Iterator[Any]:
    """A file for the noise, and a shell that shows its end and removes it, whatever becomes of this process."""
    noise = tempfile.NamedTemporaryFile(prefix="tltool-", delete=False)  # noqa: SIM115, closed below
    watcher = None
    with suppress(OSError):  # no shell, or no process to be had: then only Python's own errors show it
        watcher = subprocess.Popen(
            ["sh", "-c", WATCH, noise.name], stdin=subprocess.PIPE, stdout=talk.fileno(), stderr=subprocess.DEVNULL, start_new_session=True
        )  # so that Ctrl-C ends this process alone
    try:
        yield noise
    finally:
        noise.close()
        if watcher:
            watcher.communicate(b"over\n")
        Path(noise.name).unlink(missing_ok=True)


@contextmanager
def _crashes_seen(talk: io.TextIOWrapper) -> Iterator[None]:
    """A crash in C++ is told: its signal, and where Python was."""
    if faulthandler.is_enabled():
        yield
        return
    faulthandler.enable(talk)
    try:
        yield
    finally:
        faulthandler.disable()


@contextmanager
def _last_words_told(noise: Any, talk: io.TextIOWrapper) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if GIVES_UP in (words := _end_of(noise)):
            raise TltoolError(
                f"Native code must get the memory and threads that it asks for. Received: {' '.join(words.split())} Raise "
                "the limits (ulimit -v, ulimit -u), or set OPENBLAS_NUM_THREADS=1."
            ) from None
        raise
    except Exception as error:
        if not isinstance(error, TltoolError):
            talk.write(_end_of(noise))
        raise


def _end_of(noise: Any) -> str:
    with open(noise.name, "rb") as file:
        return "\n".join(map(shown, file.read().decode(errors="replace")[-CHARACTERS:].split("\n")))


@contextmanager
def quietly() -> Iterator[None]:
    """Keep what C++ code writes straight to the process's output streams from the user's terminal."""
    sys.stdout.flush(), sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    try:
        with tempfile.TemporaryFile() as sink:
            os.dup2(sink.fileno(), 1), os.dup2(sink.fileno(), 2)
            yield
    finally:
        sys.stdout.flush(), sys.stderr.flush()
        for stream, descriptor in enumerate(kept, start=1):
            os.dup2(descriptor, stream)
            os.close(descriptor)
