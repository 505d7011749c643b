"""Which device computes, and what is said where the one asked for is not there."""

import logging
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from tltool.errors import SpecError
from tltool.models.devices import device, gpus
from tltool.models.devices.device import SLOW, Gpu, use_device
from tltool.models.devices.gpus import Driver
from tltool.models.processes.inquiry import Answer
from tltool.specs import Training

GPU = SimpleNamespace(name="gpu:0")
TENSORFLOW = keras.backend.backend() == "tensorflow"


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "find_gpus", lambda: [])


def test_the_processor_can_be_asked_for_and_one_line_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "tltool"):
        training, name = use_device(Training(device="cpu"))
    assert name.startswith("CPU, ") and name.endswith(f"({keras.backend.backend()}, float32)")
    assert (training.precision, caplog.messages) == ("float32", [*[SLOW] * (not TENSORFLOW), f"Device: {name}"])


def test_auto_takes_the_processor_where_there_is_no_gpu(no_gpu: None) -> None:
    assert use_device(Training(device="auto"))[1].startswith("CPU")


def test_auto_takes_the_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "find_gpus", lambda: [Gpu("Tesla")])
    assert use_device(Training(device="auto"))[1].startswith("Tesla")


@pytest.mark.parametrize(
    ("gpus", "device_wish", "precision"),
    [
        ([], "auto", "float32"),
        ([Gpu("T4", (7, 5))], "auto", "float32"),
        ([Gpu("A100", (8, 0))], "auto", "mixed_bfloat16"),
        ([Gpu("H100", (9, 0))], "gpu", "mixed_bfloat16"),
        ([Gpu("B200", (10, 0))], "auto", "mixed_bfloat16"),
        ([Gpu("MI300")], "auto", "float32"),
        ([Gpu("A100", (8, 0))], "cpu", "float32"),
    ],
)
def test_the_precision_follows_the_matrix_units_of_the_device(
    monkeypatch: pytest.MonkeyPatch, gpus: list[Gpu], device_wish: str, precision: str
) -> None:
    monkeypatch.setattr(device, "find_gpus", lambda: gpus)
    assert use_device(Training(device=device_wish))[0].precision == precision


def test_the_line_of_the_device_says_the_precision_and_what_it_is_worth_there(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "tltool"):
        assert ", mixed_bfloat16)" in use_device(Training(device="cpu", precision="mixed_bfloat16"))[1]
        assert "pays off on GPUs" in caplog.text
        caplog.clear()
        monkeypatch.setattr(device, "find_gpus", lambda: [Gpu("A100", (8, 0))])
        assert use_device(Training(device="gpu", precision="mixed_bfloat16"))[1] == f"A100 ({keras.backend.backend()}, mixed_bfloat16)"
    assert "pays off" not in caplog.text


def test_jax_on_a_processor_says_how_slow_that_is(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    monkeypatch.setattr(device, "find_gpus", lambda: [Gpu("A100", (8, 0))])
    monkeypatch.setattr(device, "_require_computing", lambda gpu: None)
    use_device(Training(device="gpu"))
    assert SLOW not in caplog.messages
    monkeypatch.setattr(device, "find_gpus", lambda: [])
    monkeypatch.setattr(device, "_tell_unseen", lambda wish: None)
    use_device(Training(device="auto"))
    assert SLOW in caplog.messages and "KERAS_BACKEND=tensorflow" in SLOW


@pytest.mark.parametrize(("said", "capability"), [("8.0", (8, 0)), ("9.0", (9, 0)), ("gfx90a", (0, 0)), ("", (0, 0)), (None, (0, 0))])
def test_jax_says_the_capability_as_text(said: str | None, capability: tuple[int, int]) -> None:
    assert device._capability(SimpleNamespace(compute_capability=said)) == capability
    assert device._capability(object()) == (0, 0)


@pytest.mark.skipif(not TENSORFLOW, reason="asks TensorFlow")
@pytest.mark.parametrize(
    ("details", "gpu"), [({"device_name": "A100", "compute_capability": (8, 0)}, Gpu("A100", (8, 0))), ({}, Gpu("gpu:0", (0, 0)))]
)
def test_tensorflow_says_the_capability_as_numbers(monkeypatch: pytest.MonkeyPatch, details: dict[str, object], gpu: Gpu) -> None:
    config = SimpleNamespace(
        list_physical_devices=lambda kind: [GPU],
        experimental=SimpleNamespace(set_memory_growth=lambda gpu, on: None, get_device_details=lambda gpu: details),
    )
    monkeypatch.setattr(device, "_tensorflow", lambda: SimpleNamespace(config=config))
    assert device.find_gpus() == [gpu]


DRIVER = Driver("550.54.15", ("nvidia0",))


@pytest.fixture
def unseen(no_gpu: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose GPU the backend does not see, as a library is missing."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for module in (device, gpus):
        monkeypatch.setattr(module, "find_driver", lambda: DRIVER)
    monkeypatch.setattr(device, "describe_backend", lambda: ("tensorflow", True, "12"))
    monkeypatch.setattr(gpus, "ask_child", lambda *given: Answer([{"missing": ["libcudnn.so.9"], "refusal": ""}], ""))


def test_a_gpu_that_is_not_seen_is_an_error_that_says_why_where_it_was_asked_for(unseen: None) -> None:
    with pytest.raises(SpecError, match=r"--device gpu must find a GPU\. Received: none\. .*libcudnn\.so\.9.*tltool\[gpu\].*--device cpu"):
        use_device(Training(device="gpu"))


def test_one_that_is_there_and_not_used_is_a_warning_where_none_was_asked_for(unseen: None, caplog: pytest.LogCaptureFixture) -> None:
    assert use_device(Training(device="auto"))[1].startswith("CPU")
    loud = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert len(loud) == 1 and "has an NVIDIA GPU that is not used" in loud[0] and "libcudnn.so.9" in loud[0]


def test_one_that_its_user_hides_is_no_warning(unseen: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with caplog.at_level(logging.INFO, "tltool"):
        use_device(Training(device="auto"))
    assert "hides it" in caplog.text and not any(record.levelno == logging.WARNING for record in caplog.records)


@pytest.mark.parametrize("wish", ["auto", "cpu"])
def test_where_there_is_none_nothing_is_said_of_it(
    no_gpu: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, wish: str
) -> None:
    monkeypatch.setattr(device, "find_driver", lambda: Driver("", ()))
    with caplog.at_level(logging.INFO, "tltool"):
        use_device(Training(device=wish))
    assert len(caplog.messages) == 1


@pytest.mark.parametrize(
    "message",
    [
        "CUDA_ERROR_INVALID_PTX",
        "'cuLaunchKernel' failed with 'CUDA_ERROR_INVALID_HANDLE'",
        "no kernel image is available for execution on the device",
    ],
)
def test_a_gpu_that_the_backend_has_no_kernels_for_is_refused_before_the_training(monkeypatch: pytest.MonkeyPatch, message: str) -> None:
    def fail() -> None:
        raise RuntimeError(message)

    monkeypatch.setattr(device, "find_gpus", lambda: [Gpu("B200", (10, 0))])
    monkeypatch.setattr(device, "convolve", fail)
    with pytest.raises(SpecError, match=r"must compute. Received: B200, .* no kernels for this GPU\. .*container.*--device cpu"):
        use_device(Training(device="auto"))


def test_the_backend_says_whether_it_could_use_a_gpu() -> None:
    backend, with_cuda, cuda = device.describe_backend()
    assert backend == keras.backend.backend() and with_cuda in (True, False) and cuda.isdecimal()


@pytest.mark.skipif(not TENSORFLOW, reason="TensorFlow's settings")
def test_gpu_memory_grows_as_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    growing = []
    config = SimpleNamespace(
        list_physical_devices=lambda kind: [GPU],
        experimental=SimpleNamespace(
            set_memory_growth=lambda gpu, on: growing.append((gpu, on)), get_device_details=lambda gpu: {"device_name": "Tesla"}
        ),
    )
    monkeypatch.setattr(device, "_tensorflow", lambda: SimpleNamespace(config=config))
    assert use_device(Training(device="gpu"))[1].startswith("Tesla") and growing == [(GPU, True)]


@pytest.mark.skipif(not TENSORFLOW, reason="TensorFlow's settings")
def test_a_gpu_already_in_use_keeps_its_memory_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(gpu: str, on: bool) -> None:
        raise RuntimeError("Physical devices cannot be modified after being initialized")

    config = SimpleNamespace(
        list_physical_devices=lambda kind: [GPU],
        experimental=SimpleNamespace(set_memory_growth=refuse, get_device_details=lambda gpu: {"device_name": "Tesla"}),
    )
    monkeypatch.setattr(device, "_tensorflow", lambda: SimpleNamespace(config=config))
    assert use_device(Training(device="gpu"))[1].startswith("Tesla")


@pytest.mark.skipif(not TENSORFLOW, reason="TensorFlow's settings")
def test_a_gpu_already_in_use_cannot_be_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(devices: list[str], kind: str) -> None:
        raise RuntimeError("Visible devices cannot be modified after being initialized")

    monkeypatch.setattr(device, "_tensorflow", lambda: SimpleNamespace(config=SimpleNamespace(set_visible_devices=refuse)))
    with pytest.raises(SpecError, match=r"--device cpu must be chosen before .* Start a new process"):
        use_device(Training(device="cpu"))


def test_one_seed_draws_the_same_numbers() -> None:
    drawn = []
    for seed in (5, 5, 6):
        use_device(Training(device="cpu", seed=seed))
        drawn.append((np.random.random(), float(keras.ops.convert_to_numpy(keras.random.uniform((1,)))[0])))
    assert drawn[0] == drawn[1] and drawn[0][0] != drawn[2][0] and drawn[0][1] != drawn[2][1]
