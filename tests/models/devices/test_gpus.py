"""What keeps a GPU away is found, and said with what to do."""

from pathlib import Path

import pytest

from tltool.models.devices import gpus
from tltool.models.devices.gpus import Driver, find_driver, hides_all, why_unseen
from tltool.models.processes.inquiry import Answer

VERSION = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\n"


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with one GPU, whose driver and libraries are well."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(gpus, "find_driver", lambda: Driver("550.54.15", ("nvidia0",)))
    monkeypatch.setattr(gpus, "ask_child", lambda *given: Answer([{"missing": [], "refusal": ""}], ""))


def test_the_driver_is_found_by_what_the_kernel_shows(tmp_path: Path) -> None:
    assert not find_driver(tmp_path).is_there
    (tmp_path / "dev").mkdir()
    for name in ("nvidia1", "nvidia0", "nvidiactl", "null"):
        (tmp_path / "dev" / name).touch()
    assert find_driver(tmp_path) == Driver("", ("nvidia0", "nvidia1"))
    (tmp_path / "proc/driver/nvidia").mkdir(parents=True)
    (tmp_path / "proc/driver/nvidia/version").write_text(VERSION)
    assert find_driver(tmp_path) == Driver("550.54.15", ("nvidia0", "nvidia1"))


@pytest.mark.parametrize(("said", "all_hidden"), [(None, False), ("", True), ("-1", True), ("0", False), ("0,1", False), ("-1,0", True)])
def test_a_variable_may_hide_every_gpu(monkeypatch: pytest.MonkeyPatch, said: str | None, all_hidden: bool) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if said is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", said)
    assert hides_all() is all_hidden


def test_without_a_gpu_the_driver_is_what_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "find_driver", lambda: Driver("", ()))
    reason = why_unseen("tensorflow", True)
    assert "shows no NVIDIA GPU" in reason.why and "nvidia-smi" in reason.advice


@pytest.mark.parametrize(("backend", "advice"), [("tensorflow", r"pip install 'tltool[gpu]'"), ("jax", r"pip install 'jax[cuda12]'")])
def test_a_backend_without_cuda_is_named_with_the_one_that_has_it(driver: None, backend: str, advice: str) -> None:
    reason = why_unseen(backend, False)
    assert backend in reason.why and "without CUDA" in reason.why and advice in reason.advice


def test_a_hidden_gpu_is_said_to_be_hidden(driver: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert why_unseen("tensorflow", True) == ("CUDA_VISIBLE_DEVICES=-1 hides it.", "Unset CUDA_VISIBLE_DEVICES.")


def test_a_container_without_its_devices_is_told_how_it_gets_them(driver: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "find_driver", lambda: Driver("550.54.15", ()))
    assert "--gpus all" in why_unseen("tensorflow", True).advice


def test_missing_libraries_are_named(driver: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "ask_child", lambda *given: Answer([{"missing": ["libcudnn.so.9", "libcublas.so.12"], "refusal": ""}], ""))
    assert "cannot be loaded: libcudnn.so.9, libcublas.so.12." in why_unseen("tensorflow", True).why


def test_a_driver_that_refuses_is_quoted(driver: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "ask_child", lambda *given: Answer([{"missing": [], "refusal": "CUDA_ERROR_NO_DEVICE"}], ""))
    assert "550.54.15 refuses: CUDA_ERROR_NO_DEVICE" in why_unseen("tensorflow", True).why
    monkeypatch.setattr(gpus, "ask_child", lambda *given: Answer([], "was ended by SIGSEGV"))
    assert "the trial of its libraries was ended by SIGSEGV" in why_unseen("tensorflow", True).why


def test_where_all_seems_well_the_variable_that_may_hide_one_is_named(driver: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    assert "CUDA_VISIBLE_DEVICES=7" in why_unseen("tensorflow", True).why


def test_libraries_are_really_tried() -> None:
    missing, _ = gpus.ask_libraries("12")
    assert set(missing) <= {"libcuda.so.1", *gpus_libraries()}
    if not find_driver().is_there:
        assert "libcuda.so.1" in missing


def gpus_libraries() -> set[str]:
    from tltool.models.devices.libraries import LIBRARIES

    return set(LIBRARIES["12"])
