"""Say what works on this machine, and what to do about the rest."""

from typing import Annotated

from tltool import data, environment, models
from tltool.environment.findings import Diagnosis
from tltool.options import program, recipe
from tltool.specs import option


@recipe
def doctor(
    wait: Annotated[float, option(120.0, help="Seconds to wait at most for Keras to load and to compute.", gt=0, le=3600)] = 120.0,
) -> Diagnosis:
    """Say what works on this machine, and what to do about the rest.

    Looks at Python and its packages, Keras's settings, the device and what keeps a GPU away, folders and the room in them, weights that
    are there, and the variables of the network, without using it. A convolution, a matrix product and a compiled step of training are
    really computed, in a process of their own, and EfficientNet-Lite0 names three photos that every installation has. The exit code is 1
    where something keeps tltool from working.
    """
    return Diagnosis(
        (
            *environment.look_at_packages(),
            environment.look_at_keras(),
            *models.try_device(wait),
            *environment.look_at_folders(data.location),
            models.look_at_weights(),
            environment.look_at_network(),
            environment.look_at_variables(),
        )
    )


if __name__ == "__main__":
    program(doctor)
