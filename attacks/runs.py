"""Runs of somebody else's: every field of run.json wild, every file beside it damaged, through every command that takes a run."""

import json
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attacks.arena import Case, Victim
from attacks.mutations import WILD, mutate
from attacks.scene import draw_photos, train

FIELDS, FILES = 1500, 300  # calls at most of each
TEXTS = {
    "100,000 lists": "[" * 100_000 + "]" * 100_000,
    "100,000 objects": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "a list": "[]",
    "null": "null",
    "text": '"x"',
    "nothing": "",
    "not a number": "NaN",
    "no text": "\0\1\2",
    "5,000 digits": "9" * 5000,
    "more behind": "{} x",
}
COMMANDS = {
    "predict": ("predict", "RUN", "PHOTO"),
    "evaluate": ("evaluate", "RUN"),
    "describe": ("describe", "RUN"),
    "from": ("scratch", "--from", "RUN", "--dry-run", "--out", "OUT"),
    "resume": ("scratch", "--resume", "RUN"),
    "backbone": ("finetune", "--data", "PHOTOS", "--backbone", "RUN", "--dry-run", "--out", "OUT"),
    "copy": ("copy", "scratch", "--from", "RUN"),
    "export": ("export", "RUN", "--format", "saved_model"),
    "visualize": ("visualize", "RUN", "PHOTO", "--out", "OUT"),
    "benchmark": ("benchmark", "RUN", "--seconds", "0.1"),
}
QUICK = ("predict", "describe", "from", "resume", "copy", "backbone")


def attack(ground: Path, scale: float, seed: int) -> Iterator[Case]:
    chance, photos = random.Random(seed), draw_photos(ground / "photos")
    base = train(photos, ground / "base")
    record = json.loads((base / "run.json").read_text())
    with Victim(ground, seconds=60, megabytes=1500) as victim:
        for name, text in TEXTS.items():
            for command in QUICK:
                yield Case(command, f"run.json: {name}", _tried(victim, base, photos, command, {"run.json": text.encode()}))
        places = sorted(_places(record), key=lambda place: chance.random())
        for path in places[: int(FIELDS * scale)]:
            value, command = chance.choice(WILD), chance.choice(QUICK)
            changed = json.dumps(_changed(record, path, value, command)).encode()
            yield Case(command, f"{path} = {value!r}"[:120], _tried(victim, base, photos, command, {"run.json": changed}))
        names = [path.name for path in base.iterdir() if path.is_file() and path.name != "run.json"]
        for number in range(int(FILES * scale)):
            name, command = chance.choice(names), chance.choice(list(COMMANDS))
            how, damaged = mutate(chance, (base / name).read_bytes())
            yield Case(command, f"{name} {number} {how}", _tried(victim, base, photos, command, {name: damaged}))
        for name in (*names, "run.json"):
            for command in ("evaluate", "resume", "describe"):
                yield Case(command, f"{name} is a pipe", _tried(victim, base, photos, command, {}, pipe=name))


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a value of ``value`` lies, as keys from the outside in, each once for every wild value that can stand there."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in inner:
        yield from ((*path, key),) * len(WILD)
        yield from _places(held, (*path, key))


def _changed(record: dict[str, Any], path: tuple[Any, ...], value: Any, command: str) -> dict[str, Any]:
    """``record`` with ``value`` at ``path``; unfinished where it shall be resumed."""
    copy = json.loads(json.dumps(record))
    if command == "resume":
        copy["state"] = "unfinished"
    at = copy
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return copy


def _tried(victim: Victim, base: Path, photos: Path, command: str, files: dict[str, bytes], pipe: str | None = None) -> Any:
    run, out = victim.ground / "run", victim.ground / "out"
    for folder in (run, out):
        shutil.rmtree(folder, ignore_errors=True)
    (victim.ground / "scratch.py").unlink(missing_ok=True)
    shutil.copytree(base, run)
    for name, content in files.items():
        (run / name).write_bytes(content)
    if pipe:
        (run / pipe).unlink()
        os.mkfifo(run / pipe)
    words = {"RUN": run, "OUT": out, "PHOTOS": photos, "PHOTO": next(photos.glob("*/*.jpg"))}
    return victim.call("attacks.runs:command_in", str(victim.ground), [str(words.get(word, word)) for word in COMMANDS[command]])


def command_in(folder: str, args: list[str]) -> str:
    from attacks.victim import command

    os.chdir(folder)
    return command(args)
