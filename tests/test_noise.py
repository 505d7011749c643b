"""What native code writes to descriptor 2: out of sight, but never lost; and talk that no full log stops."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def run(code: str, **streams: Any) -> subprocess.CompletedProcess[str]:
    begin = (
        "import os, signal, sys\nfrom tltool.errors import DataError, GateError\nfrom tltool.options import guarded\n"
        "from tltool.progress import say\nfrom tltool.terminal import drawing, tell\n"
    )
    return subprocess.run(
        [sys.executable, "-c", begin + code], text=True, check=False, **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    )


def test_native_noise_is_kept_away_and_talk_is_not() -> None:
    done = run("with drawing():\n  os.write(2, b'E0000 cuda noise\\n'); say('reading'); print('talk', file=sys.stderr)")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "reading\ntalk\n")


def test_native_noise_stays_away_when_the_user_can_mend_the_error() -> None:
    done = run("with drawing():\n  os.write(2, b'E0000 cuda noise\\n'); raise DataError('no photos')")
    assert "no photos" in done.stderr
    assert "noise" not in done.stderr


def test_native_noise_is_shown_before_the_traceback_of_a_bug() -> None:
    done = run("with drawing():\n  os.write(2, b'E0000 cuda noise\\n'); raise KeyError('bug')")
    assert done.returncode == 1
    assert done.stderr.startswith("E0000 cuda noise\n")
    assert done.stderr.endswith("KeyError: 'bug'\n")


def test_a_crash_of_native_code_is_not_silent() -> None:
    done = run("with drawing():\n  os.abort()")
    assert done.returncode < 0
    assert "Aborted" in done.stderr


@pytest.mark.parametrize("end", ["os._exit(1)", "os.abort()", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_native_code_that_ends_the_process_is_heard(end: str) -> None:
    done = run(f"with drawing():\n  os.write(2, b'giving up\\n'); {end}")
    assert done.returncode != 0
    assert "by native code, which wrote last:\ngiving up\n" in done.stderr


def test_where_native_code_said_nothing_nothing_is_said_of_it() -> None:
    assert run("with drawing():\n  os._exit(1)").stderr == ""


def test_native_code_that_asks_itself_to_stop_is_not_taken_for_the_user() -> None:
    done = run("def work():\n  os.write(2, b'OpenBLAS: pthread_create failed\\n'); os.kill(os.getpid(), signal.SIGINT)\nguarded(work)()")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Native code must get") and "OpenBLAS: pthread_create failed" in done.stderr


def test_the_user_who_stops_it_is_not_told_what_native_code_said() -> None:
    done = run("def work():\n  os.write(2, b'E0000 cuda noise\\n'); os.kill(os.getpid(), signal.SIGINT)\nguarded(work)()")
    assert (done.returncode, done.stderr) == (130, "Interrupted. The same command can be given again.\n")


@pytest.mark.parametrize("end", ["pass", "raise KeyError", "os._exit(1)"])
def test_nothing_is_left_in_the_folder_for_temporary_files(end: str, tmp_path: Path) -> None:
    run(f"with drawing():\n  os.write(2, b'noise\\n'); {end}", env={"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"})
    assert list(tmp_path.iterdir()) == []


def test_without_a_shell_all_else_goes_on(tmp_path: Path) -> None:
    done = run("with drawing():\n  os.write(2, b'noise\\n'); say('reading')", env={"TMPDIR": str(tmp_path), "PATH": str(tmp_path)})
    assert (done.returncode, done.stderr, list(tmp_path.iterdir())) == (0, "reading\n", [])


@pytest.mark.parametrize(
    ("work", "code"),
    [
        ("say('reading'); print(3)", 0),
        ("raise DataError('no photos')", 1),
        ("raise GateError('missed')", 3),
        ("raise MemoryError", 1),
        ("os.kill(os.getpid(), signal.SIGTERM)", 128 + signal.SIGTERM),
        ("os.write(2, b'noise'); print(3, file=sys.stderr)", 0),
    ],
)
def test_a_full_log_stops_no_work_and_changes_no_exit_code(work: str, code: int) -> None:
    with open("/dev/full", "w") as full:
        done = run(f"def work():\n  for _ in range(3): {work}\n  return 0\nguarded(work)()", stderr=full)
    assert done.returncode == code and done.stdout == ("3\n" * 3 if "print(3)" in work else "")


def test_a_result_that_standard_output_cannot_take_is_one_sentence() -> None:
    with open("/dev/full", "w") as full:
        done = run(
            "from tltool.options.boundary import present\nfrom types import SimpleNamespace\n"
            "guarded(lambda: present(SimpleNamespace(said=lambda: ['told']), False, False))()",
            stdout=full,
        )
    assert (done.returncode, done.stderr) == (1, "Error: Standard output must take the result. Received: No space left on device.\n")


@pytest.mark.parametrize("error", ["MemoryError", "ImportError('x.so: failed to map segment from shared object')"])
def test_memory_that_is_not_there_is_one_sentence(error: str) -> None:
    done = run(f"def work():\n  raise {error}\nguarded(work)()")
    assert done.returncode == 1 and done.stderr.startswith("Error: There must be more memory.") and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("work", ["raise PermissionError(13, 'Permission denied', 'a\\x1b')", "Path('a' * 300).is_file()"])
def test_what_the_system_refuses_is_one_sentence(work: str) -> None:
    done = run(f"from pathlib import Path\ndef work():\n  {work}\nguarded(work)()")
    assert done.returncode == 1 and done.stderr.startswith("Error: Files and folders must be such") and len(done.stderr.splitlines()) == 1
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("work", ["raise FileNotFoundError(2, 'No such file', 'a')", "raise ImportError('no such module')"])
def test_a_bug_is_not_taken_for_a_refusal(work: str) -> None:
    assert "Traceback" in run(f"def work():\n  {work}\nguarded(work)()").stderr


def test_what_native_code_writes_is_muffled_and_python_is_heard() -> None:
    done = run(
        "from tltool.noise import muffled\n"
        "with muffled():\n  os.write(2, b'I0000 noise'); print('heard', file=sys.stderr)\nos.write(2, b'after\\n')"
    )
    assert (done.returncode, done.stderr) == (0, "heard\nafter\n")


def test_once_tensorflow_is_loaded_nothing_is_kept_from_anybody() -> None:
    done = run(
        "import os, sys\nsys.modules['tensorflow'] = sys\nfrom tltool.noise import muffled\nwith muffled():\n  os.write(2, b'heard')"
    )
    assert done.stderr == "heard"


def test_a_command_keeps_what_native_code_says_while_it_loads_for_the_case_of_a_crash() -> None:
    done = run(
        "from tltool.noise import muffled\nfrom tltool.terminal import drawing\n"
        "with drawing(), muffled():\n  os.write(2, b'giving up\\n'); raise KeyError('bug')"
    )
    assert "giving up" in done.stderr


def test_an_error_while_something_is_loaded_is_shown() -> None:
    done = run("from tltool.lookup import locate\nlocate('tltool.not_there:x')")
    assert done.returncode == 1 and done.stderr.strip().endswith("ModuleNotFoundError: No module named 'tltool.not_there'")
