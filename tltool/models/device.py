"""Which device computes: found once, said in one line, and never all of its memory taken."""

import os
from contextlib import suppress
from typing import NamedTuple

import keras

from tltool.errors import SpecError
from tltool.models.settings import require_settings
from tltool.progress import say, warn
from tltool.specs import Training

XLA_FLAG = "--xla_gpu_deterministic_ops=true"
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
    gpus = _gpus() if training.device != "cpu" else []
    if training.device == "gpu" and not gpus:
        raise SpecError(f"--device gpu must find a GPU. Received: none. {_why_not()} Or use --device cpu.")
    if training.device == "cpu":
        _hide_gpus()
    suited = _suited_precision(gpus)
    training = training.fill(precision=suited)
    if training.precision != "float32" and suited == "float32":
        warn(f"--precision {training.precision} pays off on GPUs with matrix units for it, and this device is not known to have any.")
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


def _gpus() -> list[Gpu]:
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
            raise SpecError("--device cpu must be chosen before TensorFlow uses a GPU. Received: cpu in a process that already uses one. "
                            "Start a new process.") from None


def _why_not() -> str:
    if keras.backend.backend() == "tensorflow" and not _tensorflow().test.is_built_with_cuda():
        return "This TensorFlow is built without CUDA; install `tltool[gpu]`."
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    if hidden is not None:
        return f"CUDA_VISIBLE_DEVICES is set to {hidden!r}, which may hide it."
    if not os.path.exists("/dev/nvidia0"):
        return "This machine shows no NVIDIA device; check the driver with `nvidia-smi`."
    return "The CUDA libraries may be missing; install `tltool[gpu]`."


def _tensorflow():  # type: ignore[no-untyped-def]
    """TensorFlow as the Keras backend has loaded it."""
    from importlib import import_module

    return import_module("tensorflow")
