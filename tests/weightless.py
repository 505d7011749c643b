"""Networks as shapes alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import keras

Made = TypeVar("Made")


def without_numbers(build: Callable[..., Made], *args: object) -> Made:
    """What ``build`` makes, with the shapes of its weights and none of their numbers, which take gigabytes in the largest networks. Keras
    notes weights still to be made by thread, so this is done in one of its own."""

    def built() -> Made:
        with keras.StatelessScope(initialize_variables=False):
            return build(*args)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(built).result()
