"""A history as TensorBoard's event files, which tensorboardX writes: it takes no TensorFlow."""

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from tltool.progress import warn
from tltool.runs import CURVES, OURS

Row = dict[str, Any]


@contextmanager
def curves(run: Path, done: int) -> Iterator[Callable[[Sequence[Row]], None]]:
    """Yields what writes those rows of a growing history that are new, the first ``done`` being written already.

    Each phase has one folder for its training photos and one for its validation photos, so that TensorBoard draws both in one picture:
    ``tensorboard/fine-tuning/train`` and ``…/validation``. A step is an epoch. What an interrupted process wrote of epochs that are
    trained again disappears from the picture. Where a file cannot be written, as on a full disk, the curves end there, with a warning.
    """
    writers: dict[Path, Any] = {}
    with ExitStack() as opened:

        def add(folder: Path, epoch: int, values: dict[str, float]) -> None:
            if folder not in writers:
                writers[folder] = _open(folder, epoch)
                opened.callback(_close, writers[folder])
            _add(writers[folder], epoch, values)

        def write(history: Sequence[Row]) -> None:
            nonlocal done
            new, done = history[done:], max(done, len(history))
            try:
                for row in new:
                    for part, values in _parts(row).items():
                        add(run / CURVES / row["phase"] / part, row["epoch"], values)
            except OSError as error:
                warn(f"The training goes on, but its curves in {run / CURVES} end here: {error.strerror or error}.")
                done = sys.maxsize  # no row is new any more

        yield write


def _parts(row: Row) -> dict[str, dict[str, float]]:
    """``train`` and ``validation``: values by name."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for name, value in row.items():
        if isinstance(value, (int, float)) and name != "epoch":
            found["validation" if name.startswith("val_") else "train"][name.removeprefix("val_")] = float(value)
    return found


def _open(folder: Path, epoch: int) -> Any:
    """A file of this process's own; it begins by declaring void what older ones say of ``epoch`` and later ones."""
    from tensorboardX.event_file_writer import EventsWriter  # not SummaryWriter, whose thread would die of a full disk and never say so
    from tensorboardX.proto.event_pb2 import SessionLog

    folder.mkdir(parents=True, exist_ok=True)
    writer = EventsWriter(str(folder.absolute() / "events"), f".{time.time_ns()}{OURS}")
    _write(writer, epoch, session_log=SessionLog(status=SessionLog.START))
    return writer


def _add(writer: Any, epoch: int, values: dict[str, float]) -> None:
    from tensorboardX.proto.summary_pb2 import Summary

    _write(writer, epoch, summary=Summary(value=[Summary.Value(tag=name, simple_value=value) for name, value in values.items()]))


def _write(writer: Any, epoch: int, **content: Any) -> None:
    from tensorboardX.proto.event_pb2 import Event

    writer.write_event(Event(wall_time=time.time(), step=epoch, **content))
    writer.flush()


def _close(writer: Any) -> None:
    with suppress(OSError):  # it was said when it was written
        writer.close()
