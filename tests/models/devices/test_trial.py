"""The device is tried elsewhere; what becomes of that is one finding, with what to do."""

from typing import Any

import pytest

from tltool.models.devices import trial
from tltool.models.devices.gpus import Driver, Reason
from tltool.models.devices.trial import try_device
from tltool.models.processes.inquiry import Answer

ASKED = {"backend": "tensorflow", "with_cuda": True, "cuda": "12"}
SECONDS = {"convolving": 0.1, "multiplying matrices": 0.1, "training one compiled step": 0.1}


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Let the trial be answered so, on a machine without a driver."""
    monkeypatch.setattr(trial, "find_driver", lambda: Driver("", ()))

    def given(*said: dict[str, Any], ended: str = "") -> None:
        monkeypatch.setattr(trial, "ask_child", lambda *asked: Answer(list(said), ended))

    return given


def test_a_device_that_computes_is_named_with_the_time_it_took(answer) -> None:
    answer({"stage": "loading Keras"}, ASKED, {"gpus": []}, {"seconds": SECONDS})
    device, gpu, _ = try_device(1)
    assert (device.state, gpu.state) == ("ok", "ok") and device.found.startswith("CPU, ") and "convolving 0.10 s" in device.found
    answer({"stage": "loading Keras"}, ASKED, {"gpus": ["H100"]}, {"seconds": SECONDS})
    device, gpu, _ = try_device(1)
    assert device.found.startswith("H100 (tensorflow) computes") and gpu.found.startswith("H100")


@pytest.mark.parametrize(
    ("ended", "found", "advice"),
    [
        ("was ended by SIGILL", "lacks instructions that the backend was built with", "AVX2"),
        ("was ended by SIGSEGV", "while loading Keras the process was ended by SIGSEGV", "Install it anew"),
        ("was ended by SIGKILL", "memory ran out", "more memory"),
        ("did not answer within 120 s", "did not answer within 120 s", "--wait 600"),
        (
            "ended with ImportError: libtensorflow_cc.so.2: cannot open shared object file",
            "ImportError: libtensorflow_cc",
            "Install it anew",
        ),
    ],
)
def test_a_process_that_ends_badly_is_a_problem_and_where_it_was_is_said(answer, ended: str, found: str, advice: str) -> None:
    answer({"stage": "loading Keras"}, ended=ended)
    device, gpu, _ = try_device(1)
    assert device.state == "problem" and device.found.startswith("while loading Keras")
    assert found in device.found and advice in device.advice
    assert gpu.found == "no NVIDIA driver"


@pytest.mark.parametrize(
    ("error", "state", "found", "advice"),
    [
        ("InternalError: 'cuLaunchKernel' failed with 'CUDA_ERROR_INVALID_HANDLE'", "problem", "no kernels for this GPU", "container"),
        ("RuntimeError: CUDA_ERROR_INVALID_PTX: a PTX JIT compilation failed", "problem", "no kernels for this GPU", "--device cpu"),
        ("InternalError: libdevice not found at ./libdevice.10.bc", "warning", "XLA cannot compile", "tltool[gpu]"),
        ("UnknownError: JIT compilation failed.", "warning", "XLA cannot compile", "without XLA"),
        ("NotFoundError: No DNN library was found", "problem", "cuDNN does not work", "tltool[gpu]"),
        ("InternalError: CUDA driver version is insufficient for CUDA runtime version", "problem", "older than the CUDA", "newer driver"),
        ("ResourceExhaustedError: XLA: RESOURCE_EXHAUSTED", "problem", "no memory left", "nvidia-smi"),
        ("ModuleNotFoundError: No module named 'tensorflow'", "problem", "not installed whole", "pip install"),
        ("ArithmeticError: the device computes wrongly: it must give 27", "problem", "must give 27", "CUDA_VISIBLE_DEVICES="),
        ("Error: \x1b]0;title", "problem", r"\x1b]0;title", "CUDA_VISIBLE_DEVICES="),
    ],
)
def test_an_error_of_the_backend_is_explained(answer, error: str, state: str, found: str, advice: str) -> None:
    answer({"stage": "convolving"}, ASKED, {"gpus": ["B200"]}, {"stage": "convolving", "error": error})
    device, *_ = try_device(1)
    assert device.state == state and found in device.found and advice in device.advice and "\x1b" not in device.found


def test_settings_of_keras_that_are_refused_are_told_once(answer) -> None:
    answer({"stage": "loading Keras"}, {"refused": "Keras's setting backend must be tensorflow or jax."})
    device, *_ = try_device(1)
    assert (device.state, device.advice) == ("problem", "") and "settings" in device.found


@pytest.mark.parametrize(("hidden", "state"), [(None, "warning"), ("", "note")])
def test_a_gpu_that_is_there_and_not_seen_is_a_warning_unless_it_is_hidden(
    answer, monkeypatch: pytest.MonkeyPatch, hidden: str | None, state: str
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if hidden is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    monkeypatch.setattr(trial, "find_driver", lambda: Driver("550.54.15", ("nvidia0",)))
    monkeypatch.setattr(trial, "why_unseen", lambda *given: Reason("libcudnn.so.9 cannot be loaded.", "Install it."))
    answer({"stage": "loading Keras"}, ASKED, {"gpus": []}, {"seconds": SECONDS})
    _, gpu, _ = try_device(1)
    assert (gpu.state, gpu.found, gpu.advice) == (state, "libcudnn.so.9 cannot be loaded.", "Install it.")


def named(**photos: bool) -> dict[str, Any]:
    return {"photos": [{"photo": f"{name}.jpg", "name": name, "named": right} for name, right in photos.items()], "took": 0.84}


@pytest.mark.parametrize(
    ("said", "state", "found", "advice"),
    [
        (named(palace=True, daisy=True), "ok", "efficientnet_lite0 names palace.jpg (palace), daisy.jpg (daisy): 0.8 s", ""),
        (
            named(palace=True, daisy=False),
            "problem",
            "takes daisy.jpg for no daisy: this machine computes wrongly",
            "CUDA_VISIBLE_DEVICES=",
        ),
        (named(), "note", "none are here", ""),
        ({"unnamed": "The weights must be there. Install them."}, "problem", "not named", "The weights must be there. Install them."),
        ({}, "note", "not tried", ""),
    ],
)
def test_photos_that_a_network_must_know_are_a_finding(answer, said: dict[str, Any], state: str, found: str, advice: str) -> None:
    answer({"stage": "loading Keras"}, ASKED, {"gpus": []}, {"seconds": SECONDS, "stage": "naming photos"}, said)
    device, _, photos = try_device(1)
    assert device.state == "ok" and (photos.part, photos.state) == ("known photos", state)
    assert found in photos.found and advice in photos.advice and bool(advice) == bool(photos.advice)
