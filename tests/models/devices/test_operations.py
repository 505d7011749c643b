"""The operations that a device is tried by give what they must, and a wrong answer is seen."""

import keras
import pytest

from tltool.models.devices import operations, trial_process
from tltool.models.devices.operations import OPERATIONS


@pytest.mark.parametrize("name", OPERATIONS)
def test_this_device_computes(name: str) -> None:
    OPERATIONS[name]()


@pytest.mark.parametrize(("name", "operation"), [("convolving", "conv"), ("multiplying matrices", "matmul")])
def test_a_device_that_computes_wrongly_is_seen(monkeypatch: pytest.MonkeyPatch, name: str, operation: str) -> None:
    monkeypatch.setattr(keras.ops, operation, lambda *given, **how: keras.ops.zeros((1, 2)))
    with pytest.raises(ArithmeticError, match="computes wrongly"):
        OPERATIONS[name]()


def test_every_stage_is_told_before_it_begins_and_an_error_with_its_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("CUDA_ERROR_INVALID_PTX\n  and more")

    monkeypatch.setattr(operations, "OPERATIONS", {"convolving": lambda: None, "multiplying matrices": fail})
    said: list[dict[str, object]] = []
    trial_process.try_all(said.append)
    stages = [one["stage"] for one in said if "stage" in one]
    assert stages == ["loading Keras", "looking for GPUs", "convolving", "multiplying matrices", "multiplying matrices"]
    assert said[-1]["error"] == "RuntimeError: CUDA_ERROR_INVALID_PTX and more"
