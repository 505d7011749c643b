"""TensorBoard's files: every epoch of every phase, on through interruptions, and nothing where the disk is full."""

import errno
import logging
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tltool.errors import SpecError
from tltool.runs import Run
from tltool.specs import Training, training as specs
from tltool.training import curves as module
from tltool.training.curves import curves

pytest.importorskip("tensorboardX")

HEAD = {"phase": "head", "epoch": 1, "val_accuracy": 0.5}


def epoch(number: int, loss: float = 0.25) -> dict[str, Any]:
    return {
        "phase": "fine-tuning",
        "epoch": number,
        "loss": loss,
        "accuracy": 0.75,
        "val_loss": 0.5,
        "val_accuracy": number / 8,
        "learning_rate": 0.125,
        "seconds": 2.0,
        "photos_per_second": 64.0,
    }


def events(folder: Path) -> list[Any]:
    """Of every file in ``folder``, oldest first, as TensorBoard reads them."""
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.record_writer import masked_crc32c

    found = []
    for file in sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns):
        content = file.read_bytes()
        while content:
            length, crc = struct.unpack("<QI", content[:12])
            data, after = content[12 : 12 + length], struct.unpack("<I", content[12 + length : 16 + length])[0]
            assert crc == masked_crc32c(content[:8]) and after == masked_crc32c(data)
            found.append(Event.FromString(data))
            content = content[16 + length :]
    return found


def curve(folder: Path, name: str) -> list[tuple[int, float]]:
    """(step, value), with what a restart declares void left out."""
    found: list[tuple[int, float]] = []
    for event in events(folder):
        if event.session_log.status == event.session_log.START:
            found = [point for point in found if point[0] < event.step]
        found += [(event.step, value.simple_value) for value in event.summary.value if value.tag == name]
    return found


def test_every_number_of_an_epoch_has_a_curve_for_its_phase_and_its_part_of_the_photos(tmp_path: Path) -> None:
    with curves(tmp_path, 0) as write:
        write([HEAD])
        write([HEAD, epoch(1), epoch(2)])
        assert curve(tmp_path / "tensorboard" / "fine-tuning" / "train", "loss") == [(1, 0.25), (2, 0.25)]  # while it goes on
        write([HEAD, epoch(1), epoch(2), epoch(3)])
    board = tmp_path / "tensorboard"
    found = {str(path.relative_to(board)) for path in board.glob("*/*")}
    assert found == {"head/validation", "fine-tuning/train", "fine-tuning/validation"}
    assert curve(board / "head" / "validation", "accuracy") == [(1, 0.5)]
    assert curve(board / "fine-tuning" / "validation", "accuracy") == [(1, 0.125), (2, 0.25), (3, 0.375)]
    for name, value in {"accuracy": 0.75, "learning_rate": 0.125, "seconds": 2.0, "photos_per_second": 64.0}.items():
        assert curve(board / "fine-tuning" / "train", name) == [(number, value) for number in (1, 2, 3)]


def test_an_epoch_that_is_trained_again_appears_once(tmp_path: Path) -> None:
    with curves(tmp_path, 0) as write:
        write([epoch(1, 1.0), epoch(2, 2.0), epoch(3, 3.0)])  # and killed before the state of epochs 2 and 3 was written
    with curves(tmp_path, 1) as write:
        write([epoch(1, 1.0), epoch(2, 4.0)])
        write([epoch(1, 1.0), epoch(2, 4.0), epoch(3, 5.0)])
    assert curve(tmp_path / "tensorboard" / "fine-tuning" / "train", "loss") == [(1, 1.0), (2, 4.0), (3, 5.0)]


@pytest.mark.parametrize("where", ["open", "write"])
def test_where_nothing_can_be_written_the_training_goes_on_and_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with caplog.at_level(logging.WARNING, "tltool"), curves(tmp_path, 0) as write:
        write([epoch(1)])
        monkeypatch.setattr(module, "_open" if where == "open" else "_write", fail)
        write([epoch(1), {**epoch(2), "phase": "other"}])
        write([epoch(1), {**epoch(2), "phase": "other"}, epoch(3)])
    assert [record.getMessage().endswith("end here: No space left on device.") for record in caplog.records] == [True]


def test_a_file_in_the_place_of_the_folder_stops_no_training(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "tensorboard").write_text("mine")
    with caplog.at_level(logging.WARNING, "tltool"), curves(tmp_path, 0) as write:
        write([epoch(1)])
    assert "its curves in" in caplog.text and (tmp_path / "tensorboard").read_text() == "mine"


def test_a_run_that_begins_anew_clears_its_own_curves_and_nothing_else(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", "finetune", {})
    with curves(run.path, 0) as write:
        write([epoch(1)])
    theirs = run.path / "tensorboard" / "fine-tuning" / "train" / "events.out.tfevents.1.theirs"
    theirs.write_text("theirs")
    Run.create(run.path, "finetune", {}, force=True)
    assert [path for path in (run.path / "tensorboard").rglob("*") if path.is_file()] == [theirs]
    theirs.unlink()
    with curves(run.path, 0) as write:
        write([epoch(1)])
    Run.create(run.path, "finetune", {}, force=True)
    assert not (run.path / "tensorboard").exists()


def test_what_is_missing_is_said_before_anything_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specs, "find_spec", lambda name: None)
    assert Training().tensorboard is False
    with pytest.raises(SpecError, match=r"needs the package tensorboardX.*pip install 'tltool\[tensorboard\]'"):
        Training(tensorboard=True)


def test_tensorflow_is_not_needed_to_write_curves(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['tensorflow'] = None\nfrom pathlib import Path\nfrom tltool.training.curves import curves\n"
        f"with curves(Path({str(tmp_path)!r}), 0) as write:\n    write([{epoch(1)!r}])\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert curve(tmp_path / "tensorboard" / "fine-tuning" / "train", "loss") == [(1, 0.25)]
