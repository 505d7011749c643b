"""Python, the packages that tltool asks for, and the settings of Keras: what is installed against what is needed."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

from tltool.environment.findings import Finding
from tltool.errors import SpecError
from tltool.keras_settings import read_settings, require_usable
from tltool.wording import shown

PACKAGE = "tltool"
NAMED = ("tltool", "keras", "tensorflow", "jax", "numpy", "ai-edge-litert")  # whose versions people ask for first


def look_at_packages() -> tuple[Finding, Finding]:
    """Python and the system; and the packages: what is there, what is missing, and what is too old."""
    words = f"{platform.python_version()} ({shown(sys.executable)}) on {platform.system()} {platform.release()}, {platform.machine()}"
    python = Finding(
        "Python", "ok", words, facts={"version": platform.python_version(), "executable": sys.executable, "system": platform.platform()}
    )
    needed = _needed()
    installed = {name: found for name in (*NAMED, *(need.name for need in needed)) if (found := _installed(name))}
    wrong = [
        f"{need.name}{need.specifier} ({installed.get(need.name, 'not installed')})" for need in needed if _is_missing(need, installed)
    ]
    facts = {"versions": installed, "wrong": wrong}
    named = ", ".join(f"{name} {installed[name]}" for name in NAMED if name in installed)
    if not wrong:
        return python, Finding("packages", "ok", named, facts=facts)
    return python, Finding(
        "packages",
        "problem",
        f"{named}; missing or of another version than is needed: {', '.join(wrong)}",
        "Install tltool anew, with what it needs: pip install --upgrade tltool",
        facts,
    )


def look_at_keras() -> Finding:
    """The settings that Keras will take."""
    try:
        settings = read_settings()
        require_usable(settings)
    except SpecError as error:
        return Finding("Keras", "problem", str(error), "Mend Keras's settings as it says above.", {"settings": None})
    words = [f"{name} {setting.value} ({setting.origin})" for name, setting in settings.items() if name == "backend"]
    return Finding("Keras", "ok", ", ".join(words), facts={"settings": {name: setting.value for name, setting in settings.items()}})


def _needed() -> list[Requirement]:
    try:
        return [Requirement(line) for line in requires(PACKAGE) or ()]
    except PackageNotFoundError:  # a checkout that was never installed
        return []


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _is_missing(need: Requirement, installed: dict[str, str]) -> bool:
    """Whether the package lacks; one of an extra may, and of a beta we take it that its makers know."""
    if need.marker and not need.marker.evaluate({"extra": ""}):
        return False
    found = installed.get(need.name)
    return found is None or not need.specifier.contains(found, prereleases=True)
