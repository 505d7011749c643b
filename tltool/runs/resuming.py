"""How an interrupted run goes on: with the wishes that began it, and as it began."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from inspect import signature
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from tltool.errors import RunError
from tltool.former_parameters import FORMER_NAMES, current_name
from tltool.reading import LONGEST_LIST, read_bytes
from tltool.runs.files import RECORD, STATE
from tltool.runs.record import now, read_record
from tltool.specs import Photos, Spec

SETTLED = ("data", "group_by", "split")  # of photos: once there is a split.csv of the run's own, that says it
ASKED = ("folds", "learning_curve", "min_score", "report", *FORMER_NAMES)  # what a run repeats beside its specs; not where to write


def reopen(path: Path | str, recipe: Callable[..., Any]) -> dict[str, Any]:
    """The arguments with which ``recipe`` goes on with an interrupted run: its specs, with every automatic value as it was resolved, the
    photos and parts of its own ``split.csv``, and what else was asked for.

    Raises:
        RunError: no run of ``recipe``, or one whose specs no longer hold; or ``recipe`` does not go on.
    """
    folder, kinds = Path(path), spec_kinds(recipe)
    typed, resolved, split = read_typed(folder, recipe, "--resume"), read_record(folder).resolved, folder / "split.csv"
    if "resume" not in signature(recipe).parameters:
        raise RunError(f"--resume must be a run of a recipe that can go on. Received: {path}, a run of {recipe.__name__}. Run it again.")
    if lost := [name for name, given in signature(recipe).parameters.items() if given.default is given.empty and name not in typed]:
        raise RunError(
            f"run.json must keep what was typed for the run. Received: {folder / RECORD}, without {', '.join(lost)}. Run it again."
        )
    specs: dict[str, Any] = {name: _resolved(kinds[name], fields, resolved.get(name, {})) for name, fields in typed.items()}
    if "photos" in specs and split.is_file():
        specs["photos"] = specs["photos"].taken_from(split, resolved.get("photos", {}).get("task", "classify"))
    return {**specs, **read_asked(folder, recipe), "resume": folder}


def read_typed(folder: Path, recipe: Callable[..., Any], flag: str) -> dict[str, dict[str, Any]]:
    """What was typed for each spec of the run in ``folder``, which ``flag`` names: fields by parameter.

    Raises:
        RunError: no run of ``recipe``.
    """
    record = read_record(folder)
    if record.recipe != recipe.__name__ or not set(record.typed) <= set(spec_kinds(recipe)):
        raise RunError(f"{flag} must be a run of {recipe.__name__}. Received: {folder}, a run of {record.recipe}.")
    return record.typed


def read_asked(folder: Path, recipe: Callable[..., Any]) -> dict[str, Any]:
    """What was typed for the run in ``folder`` beside its specs, such as folds: the arguments of ``recipe``, checked anew.

    Raises:
        RunError: a value that cannot be typed; a run folder may come from anywhere.
    """
    hints, asked = get_type_hints(recipe, include_extras=True), read_record(folder).asked
    named = {current_name(name, hints): value for name, value in asked.items() if name in ASKED and value is not None}
    known = {name: value for name, value in named.items() if name in hints}
    try:
        return {name: TypeAdapter(hints[name]).validate_python(value) for name, value in known.items()}
    except ValidationError as error:
        raise RunError(
            f"run.json must keep what was asked for as it can be typed. Received: {known} in {folder / RECORD} "
            f"({error.errors()[0]['msg']}). Give another run."
        ) from None


def spec_kinds(recipe: Callable[..., Any]) -> dict[str, type[Spec]]:
    """The parameters of ``recipe`` that are specs."""
    return {name: hint for name, hint in get_type_hints(recipe).items() if isinstance(hint, type) and issubclass(hint, Spec)}


def _resolved(kind: type[Spec], typed: dict[str, Any], resolved: dict[str, Any]) -> Spec:
    """What was typed, and the automatic values as they were resolved, both checked anew."""
    wish = kind(**typed)
    automatic = {name: resolved[name] for name, value in wish if value is None and resolved.get(name) is not None}
    checked = kind(**{**typed, **automatic})
    return wish.fill(**{name: getattr(checked, name) for name in automatic})


def require_same(folder: Path, specs: dict[str, Spec], facts: dict[str, Any]) -> None:
    """Raises ``RunError`` unless the run in ``folder`` began with these specs and facts, and with a tltool that knew all of them."""
    record, at = read_record(folder), folder / RECORD
    for name, spec in specs.items():
        before = record.resolved.get(name)
        now = spec.resolved() | {field: before.get(field) for field in SETTLED if isinstance(spec, Photos) and before}
        if before and (unknown := now.keys() - before.keys()):
            raise RunError(
                f"A run must go on with the tltool that began it. Received: {at}, from an earlier one that did not know "
                f"{', '.join(sorted(unknown))}. Go on with that one, or start anew with --from {folder}."
            )
        if now != before:
            raise RunError(f"A run must go on as it began. Received: other {name} than {at} says. Put it back, or start a new run.")
    for name in ("size", "kind", "fit", "phases"):
        if json.loads(json.dumps(facts.get(name))) != record.content.get(name):
            raise RunError(f"A run must go on as it began. Received: other {name} than {at} says. Put it back, or start a new run.")


def require_wished(folder: Path, wishes: dict[str, Spec]) -> None:
    """Raises ``RunError`` unless the run in ``folder``, a part of another, was begun with ``wishes``, whatever their automatic values
    became, and on the photos of the same ``split.csv``."""
    before, split = read_record(folder).resolved, folder / "split.csv"
    for name, spec in wishes.items():
        fields, settled = before.get(name, {}), SETTLED if isinstance(spec, Photos) else ()
        now = {field: value for field, value in spec.resolved().items() if value is not None and field not in settled}
        same = all(fields.get(field, value) == value for field, value in now.items())
        if isinstance(spec, Photos) and split.is_file():
            same = same and read_bytes(split, LONGEST_LIST) == read_bytes(spec.data, LONGEST_LIST)
        if not same:
            raise RunError(
                f"A part must be what the run around it asks for. Received: {folder}, begun with other {name}. Begin the whole "
                "anew with --force, or with another --out."
            )


def seconds_before(folder: Path) -> float:
    """What the run took before now: up to each time that its state was last written, as being killed leaves no other trace."""
    record, state = read_record(folder), folder / STATE
    begun = [record.started or now(), *record.resumed][-1]
    last = state.stat().st_mtime - datetime.fromisoformat(begun).timestamp() if state.exists() else 0.0
    return round(record.seconds_before + max(0.0, last), 1)


@contextmanager
def saying_how_to_resume(command: str) -> Iterator[None]:
    """While it lasts, what interrupts or fills the disk ends with the ``command`` by which the run goes on."""
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"Resume with: {command}") from None
    except RunError as error:
        reason = error.typed.partition(" Resume with: ")[0]  # of a part; the whole is what goes on
        raise RunError(f"{reason} Resume with: {command}") from None
