"""Batches that memory does not hold, without a device that is short of any."""

import logging

import pytest

from tltool.training.memory import halved, halving, is_out_of_memory


class ResourceExhaustedError(Exception):
    """As TensorFlow calls it."""


class XlaRuntimeError(Exception):
    """As JAX calls all that goes wrong on a device."""


def holding(most: int, error: Exception, tried: list[int]) -> int:
    def work(size: int) -> int:
        tried.append(size)
        if size > most:
            raise error
        return size * 10

    return halving(work, 32, "predicting")[0]


@pytest.mark.parametrize("error", [MemoryError(), ResourceExhaustedError(), XlaRuntimeError("RESOURCE_EXHAUSTED: out of memory")])
def test_a_batch_is_halved_until_memory_holds_it(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    tried: list[int] = []
    with caplog.at_level(logging.WARNING, "tltool"):
        assert holding(8, error, tried) == 80 and tried == [32, 16, 8]
    assert caplog.messages == [f"predicting: memory does not hold a batch of {size * 2}. It goes on with {size}." for size in (16, 8)]


def test_where_not_even_one_is_held_the_error_is_the_user_s() -> None:
    tried: list[int] = []
    with pytest.raises(MemoryError):
        holding(0, MemoryError(), tried)
    assert tried == [32, 16, 8, 4, 2, 1]


@pytest.mark.parametrize("error", [ValueError("RESOURCE_EXHAUSTED"), XlaRuntimeError("INTERNAL: no"), KeyError("memory")])
def test_other_errors_are_not_taken_for_a_lack_of_memory(error: Exception) -> None:
    assert not is_out_of_memory(error)
    with pytest.raises(type(error)):
        holding(8, error, [])


def test_what_else_changes_is_said_in_the_same_sentence(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "tltool"):
        assert halved(9, MemoryError(), "head", " and half the learning rate") == 4
    assert caplog.messages == ["head: memory does not hold a batch of 9. It goes on with 4 and half the learning rate."]
