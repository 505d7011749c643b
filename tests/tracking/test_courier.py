"""The courier: in order, again where it failed, and never in the way."""

import threading
import time
from collections.abc import Callable

import pytest

from tltool.tracking.courier import Courier


def until(so: Callable[[], bool]) -> None:
    """Wait for what the courier is about to do."""
    end = time.monotonic() + 20
    while not so() and time.monotonic() < end:
        time.sleep(0.001)
    assert so()


def test_deeds_are_done_in_order_in_another_thread() -> None:
    done: list[tuple[int, str]] = []
    courier = Courier()
    for number in range(100):
        courier.take(lambda number=number: done.append((number, threading.current_thread().name)))
    assert courier.close(20)
    assert done == [(number, "tltool-tracker") for number in range(100)] and courier.trouble is None


def test_what_fails_is_done_again_with_the_next_and_those_behind_it_wait() -> None:
    done: list[str] = []
    fails = [True]

    def first() -> None:
        if fails[0]:
            raise OSError("not now")
        done.append("first")

    courier = Courier()
    courier.take(first)
    until(lambda: courier.trouble is not None)
    courier.take(lambda: done.append("second"))
    fails[0] = False
    assert courier.close(20)
    assert done == ["first", "second"] and courier.trouble is None


def test_what_cannot_be_done_to_the_end_is_told() -> None:
    def fail() -> None:
        raise RuntimeError("never")

    courier = Courier()
    courier.take(fail)
    assert not courier.close(20)
    assert str(courier.trouble) == "never"


def test_the_end_waits_for_a_deed_that_takes_long_only_as_long_as_it_is_told_to() -> None:
    leave = threading.Event()
    courier = Courier()
    courier.take(lambda: leave.wait(20))
    before = time.monotonic()
    assert not courier.close(0.1)
    assert time.monotonic() - before < 10
    leave.set()


@pytest.mark.parametrize("stop", [SystemExit, KeyboardInterrupt])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_tracker_that_ends_its_thread_is_one_that_was_not_told(stop: type[BaseException]) -> None:
    def end() -> None:
        raise stop

    courier = Courier()
    courier.take(end)
    assert not courier.close(20)
