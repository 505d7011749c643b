"""Does the device compute, and does a network know what it sees? Tried in a process of its own, since a broken driver or library may hang,
or end whoever asks."""

from typing import Any

from tltool.environment.findings import Finding
from tltool.models.devices.faults import NOT_WHOLE, Fault, explain
from tltool.models.devices.gpus import find_driver, hides_all, hiding, why_unseen
from tltool.models.packaged.package import FIRST
from tltool.models.processes.inquiry import Answer, ask_child
from tltool.threads import cores
from tltool.wording import counted, shown

MESSAGE = 200  # characters of what the backend says
UNKNOWN = "Try again with CUDA_VISIBLE_DEVICES= in front, which hides the GPU; if that works, train with --device cpu."

ENDINGS = {  # what an ending mostly means here, and what to do
    "SIGILL": ("the processor lacks instructions that the backend was built with", "Use a machine whose processor has AVX2."),
    "answer": ("", "Wait longer with --wait 600: the first start of a GPU may take minutes. If that does not help, restart the machine."),
    "SIGKILL": ("memory ran out, or something ended it", "Give it more memory, 4 GB at least."),
}


def try_device(seconds: float) -> tuple[Finding, Finding, Finding]:
    """A convolution, a matrix product and a compiled step of training on the device that Keras takes, within ``seconds``; what keeps a
    GPU away where none is seen; and whether photos that everybody has are named rightly by a network that everybody has."""
    answer = ask_child("tltool.models.devices.trial_process", seconds)
    said = {name: value for line in answer.said for name, value in line.items()}
    return _device(answer, said), _gpu(said), _known_photos(said)


def _device(answer: Answer, said: dict[str, Any]) -> Finding:
    stage = said.get("stage", "starting")
    if "refused" in said:
        return Finding("device", "problem", "not tried, for Keras's settings", facts=said)
    if answer.ended:
        why, advice = next((ending for name, ending in ENDINGS.items() if name in answer.ended), ("", NOT_WHOLE.advice))
        return Finding("device", "problem", f"while {stage} the process {answer.ended}{f': {why}' if why else ''}", advice, said)
    if "error" in said:
        fault = explain(said["error"]) or Fault("the backend gives up", UNKNOWN)
        found = f"while {stage}: {fault.why} ({shown(said['error'][:MESSAGE])})"
        return Finding("device", "warning" if fault.goes_on else "problem", found, fault.advice, said)
    took = ", ".join(f"{what} {seconds:.2f} s" for what, seconds in said["seconds"].items())
    name = said["gpus"][0] if said["gpus"] else f"CPU, {counted(cores(), 'core')}"
    return Finding("device", "ok", f"{name} ({said['backend']}) computes: {took}", facts=said)


def _gpu(said: dict[str, Any]) -> Finding:
    """Not to be seen is the usual thing where there is no driver, and worth a warning where there is one."""
    driver = find_driver()
    facts = {"driver": driver.version, "devices": list(driver.devices), "hidden": hiding()}
    if said.get("gpus"):
        return Finding("GPU", "ok", f"{', '.join(said['gpus'])}; driver {driver.version or 'unknown'}", facts=facts)
    if "with_cuda" not in said:
        found = f"driver {driver.version or 'unknown'}; Keras could not be asked" if driver.is_there else "no NVIDIA driver"
        return Finding("GPU", "note", found, facts=facts)
    reason = why_unseen(said["backend"], said["with_cuda"], said["cuda"])
    if not driver.is_there:
        return Finding("GPU", "ok", reason.why, facts=facts)
    return Finding("GPU", "note" if hides_all() else "warning", reason.why, reason.advice, facts)


def _known_photos(said: dict[str, Any]) -> Finding:
    """What the process says of them; it does not come to that where the device does not compute."""
    if "unnamed" in said:
        return Finding("known photos", "problem", "not named", said["unnamed"])
    if not said.get("photos"):
        return Finding("known photos", "note", "none are here" if "photos" in said else "not tried")
    photos = said["photos"]
    wrong = [f"{photo['photo']} for no {photo['name']}" for photo in photos if not photo["named"]]
    if wrong:
        found = f"{FIRST} takes {', '.join(wrong)}: this machine computes wrongly"
        return Finding("known photos", "problem", found, UNKNOWN, {"photos": photos})
    names = ", ".join(f"{photo['photo']} ({photo['name']})" for photo in photos)
    return Finding("known photos", "ok", f"{FIRST} names {names}: {said['took']:.1f} s", facts={"photos": photos})
