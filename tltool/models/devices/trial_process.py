"""The device tried out in a process of its own: ``python -m tltool.models.devices.trial_process``.

It answers one object before each ``stage``, so that it is known where it was if that ends the process, and one at the end: how many
``seconds`` each operation took, the ``error`` of the stage that failed, or how Keras's settings are ``refused``. Where all operations
were done, what became of ``photos`` that a network must know, and how long that took, or why they are ``unnamed``, comes after that.
"""

import time
from collections.abc import Callable
from typing import Any

from tltool.errors import SpecError, TltoolError
from tltool.lookup import locate
from tltool.models.processes.child import serving


def try_all(say: Callable[[dict[str, Any]], object]) -> None:
    """Load Keras, look for GPUs, compute on the device that Keras takes, and ``say`` how far that came."""
    stage, seconds = "loading Keras", {}
    try:
        say({"stage": stage})
        locate("tltool.models.loaded_keras:require_settings")()
        backend, with_cuda, cuda = locate("tltool.models.devices.device:describe_backend")()
        say({"stage": (stage := "looking for GPUs"), "backend": backend, "with_cuda": with_cuda, "cuda": cuda})
        say({"gpus": [gpu.name for gpu in locate("tltool.models.devices.device:find_gpus")()]})
        for stage, work in locate("tltool.models.devices.operations:OPERATIONS").items():
            say({"stage": stage})
            started = time.monotonic()
            work()
            seconds[stage] = round(time.monotonic() - started, 3)
        say({"seconds": seconds, "stage": (stage := "naming photos")})
        say(_name_photos())
    except SpecError as refused:
        say({"refused": str(refused)})
    except Exception as error:  # whatever a broken installation raises, it is the answer
        say({"stage": stage, "error": f"{type(error).__name__}: {' '.join(str(error).split())[:2000]}"})


def _name_photos() -> dict[str, Any]:
    started = time.monotonic()
    try:
        photos = locate("tltool.models.packaged.known_photos:name_photos")()
    except TltoolError as error:
        return {"unnamed": str(error)}
    return {"photos": photos, "took": round(time.monotonic() - started, 3)}


if __name__ == "__main__":
    with serving() as (_, answer):
        try_all(answer)
