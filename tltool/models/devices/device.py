"""Which device computes: found once, said in one line, and never all of its memory taken."""

import os
from contextlib import suppress
from importlib.util import find_spec
from typing import NamedTuple

import keras

from tltool.errors import SpecError
from tltool.models.devices.faults import explain
from tltool.models.devices.gpus import find_driver, hides_all, why_unseen
from tltool.models.devices.operations import convolve
from tltool.models.loaded_keras import require_settings
from tltool.progress import say, warn
from tltool.specs import Training

XLA_FLAG = "--xla_gpu_deterministic_ops=true"
SLOW = (  # 3 photos a second instead of 66: all layers of a MobileNetV2 at 224 pixels, on two cores
    "JAX trains convolutions on a processor about twenty times slower than TensorFlow does: KERAS_BACKEND=tensorflow is the quick way here."
)
BFLOAT16_FROM = (8, 0)  # compute capability of the first NVIDIA GPUs whose matrix units take it


class Gpu(NamedTuple):
    """A GPU that Keras's backend sees: its name for people, and NVIDIA's compute capability; (0, 0) where it has none."""

    name: str
    capability: tuple[int, int] = (0, 0)


def use_device(training: Training) -> tuple[Training, str]:
    """Seed everything and pick the device that ``training`` asks for.

    ``training.deterministic`` chooses operations that give the same bits each time, for the rest of the process.

    Returns:
        ``training`` with the precision that suits the device where none was asked for; the device's name, and that precision, for people.

    Raises:
        SpecError: ``gpu`` where Keras's backend sees none, or ``cpu`` where a GPU is in use already; or a Keras that computes in another
            way than models here are made for.
    """
    require_settings()
    keras.utils.set_random_seed(training.seed)
    if training.deterministic:
        _be_deterministic()
    gpus = find_gpus() if training.device != "cpu" else []
    if training.device == "cpu":
        _hide_gpus()
    elif gpus:
        _require_computing(gpus[0])
    else:
        _tell_unseen(training.device)
    suited = _suited_precision(gpus)
    training = training.fill(precision=suited)
    if training.precision != "float32" and suited == "float32":
        warn(f"--precision {training.precision} pays off on GPUs with matrix units for it, and this device is not known to have any.")
    if not gpus and keras.backend.backend() == "jax":
        warn(SLOW)
    kind = gpus[0].name if gpus else f"CPU, {os.cpu_count()} cores"
    name = f"{kind} ({keras.backend.backend()}, {training.precision})"
    say(f"Device: {name}")
    return training, name


def _suited_precision(gpus: list[Gpu]) -> str:
    return "mixed_bfloat16" if gpus and gpus[0].capability >= BFLOAT16_FROM else "float32"


def _be_deterministic() -> None:
    """XLA reads its flags when it first computes, which is after this in a process of our own."""
    if keras.backend.backend() == "tensorflow":
        _tensorflow().config.experimental.enable_op_determinism()
    elif keras.backend.backend() == "jax" and XLA_FLAG not in os.environ.get("XLA_FLAGS", ""):
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {XLA_FLAG}".strip()


def find_gpus() -> list[Gpu]:
    """The GPUs that Keras's backend sees. TensorFlow is told to take of their memory what it needs, and not all."""
    if keras.backend.backend() == "jax":
        import jax

        return [Gpu(device.device_kind, _capability(device)) for device in jax.devices() if device.platform == "gpu"]
    if keras.backend.backend() != "tensorflow":
        return []
    tf = _tensorflow()
    found = tf.config.list_physical_devices("GPU")
    for gpu in found:
        with suppress(RuntimeError):  # TensorFlow has started already, and keeps the memory it has
            tf.config.experimental.set_memory_growth(gpu, True)
    details = [tf.config.experimental.get_device_details(gpu) for gpu in found]
    return [Gpu(its.get("device_name", gpu.name), its.get("compute_capability", (0, 0))) for gpu, its in zip(found, details)]


def _capability(device: object) -> tuple[int, int]:
    """JAX says it as "8.0", and of AMD's GPUs something else."""
    major, _, minor = str(getattr(device, "compute_capability", "")).partition(".")
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else (0, 0)


def _hide_gpus() -> None:
    if keras.backend.backend() == "jax":
        import jax

        jax.config.update("jax_default_device", jax.devices("cpu")[0])
    elif keras.backend.backend() == "tensorflow":
        try:
            _tensorflow().config.set_visible_devices([], "GPU")
        except RuntimeError:
            raise SpecError(
                "--device cpu must be chosen before TensorFlow uses a GPU. Received: cpu in a process that already uses one. "
                "Start a new process."
            ) from None


def describe_backend() -> tuple[str, bool, str]:
    """Keras's backend, whether it can use NVIDIA's GPUs as it is installed, and the major version of CUDA that it was built for."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        built = _tensorflow().sysconfig.get_build_info()
        return backend, bool(built.get("is_cuda_build")), str(built.get("cuda_version", "12")).partition(".")[0]
    plugins = [major for major in ("12", "13") if find_spec(f"jax_cuda{major}_plugin")]
    return backend, bool(plugins), max(plugins, default="12")


def computing_device() -> str:
    """Where Keras's backend computes, as it calls the place: a processor rounds otherwise than a GPU."""
    return str(getattr(keras.ops.zeros(1), "device", "cpu"))


def _require_computing(gpu: Gpu) -> None:
    """One real operation: a backend may see a GPU, and have no kernels for it."""
    try:
        convolve()
    except Exception as error:
        fault = explain(str(error))
        if fault is None:
            raise
        raise SpecError(f"The GPU must compute. Received: {gpu.name}, where {fault.why}. {fault.advice}") from error


def _tell_unseen(wish: str) -> None:
    """A GPU that was asked for and is not seen is an error; one that is there and not used is worth a loud line, but where its user hides
    it."""
    if wish == "auto" and not find_driver().is_there:
        return
    reason = why_unseen(*describe_backend())
    if wish == "gpu":
        raise SpecError(f"--device gpu must find a GPU. Received: none. {reason} Or use --device cpu.")
    tell = say if hides_all() else warn
    tell(f"This machine has an NVIDIA GPU that is not used. {reason}")


def _tensorflow():  # type: ignore[no-untyped-def]
    """TensorFlow as the Keras backend has loaded it."""
    from importlib import import_module

    return import_module("tensorflow")
