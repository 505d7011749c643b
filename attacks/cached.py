"""What is kept between runs, damaged or replaced: commands answer as before, and ``cache --clear`` always clears."""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from attacks.arena import Case, Verdict, Victim
from attacks.mutations import mutate
from attacks.scene import draw_photos, train

COUNT = 300


def attack(ground: Path, scale: float, seed: int) -> Iterator[Case]:
    chance, photos = random.Random(seed), draw_photos(ground / "photos")
    run, cache, whole = train(photos, ground / "run"), ground / "cache", ground / "whole"
    secret = ground / "secret.txt"
    secret.write_text("mine")
    commands = (["check", str(photos), "--json"], ["evaluate", str(run), "--json"], ["cache", "--verify"], ["cache"])
    with Victim(ground, seconds=30, megabytes=1500) as victim:
        wanted = {tuple(command): victim.call("attacks.victim:answer", command) for command in commands}
        shutil.copytree(cache, whole, symlinks=True)
        for number in range(int(COUNT * scale)):
            _put_back(whole, cache)
            file = chance.choice(sorted(path for path in cache.rglob("*") if path.is_file()))
            name = chance.choice([*PLANTED, *["damaged"] * 8])
            how = PLANTED[name](file, secret) if name in PLANTED else _damage(file, chance)
            command = chance.choice(commands)
            verdict = victim.call("attacks.victim:answer", command)
            if command[0] != "cache" and verdict.survived and verdict.detail != wanted[tuple(command)].detail:
                verdict = verdict._replace(outcome="changed", detail="another answer than from a whole cache")
            yield Case(command[0], f"{number} {file.suffix} {how or name}", _kept(verdict, secret))
            cleared = victim.call("attacks.victim:command", ["cache", "--clear"])
            left = [path for path in cache.rglob("*") if path.is_file() and not path.is_symlink()]  # links are not tltool's
            cleared = cleared._replace(outcome="changed", detail=f"left {left}") if left else cleared
            yield Case("clear", f"{number} {name}", _kept(cleared, secret))


def _damage(file: Path, chance: random.Random) -> str:
    how, damaged = mutate(chance, file.read_bytes() or b"\0")
    file.write_bytes(damaged)
    return how


def _kept(verdict: Verdict, secret: Path) -> Verdict:
    return verdict if secret.read_text() == "mine" else verdict._replace(outcome="changed", detail="a file outside the cache")


def _put_back(whole: Path, cache: Path) -> None:
    shutil.rmtree(cache, ignore_errors=True)
    shutil.copytree(whole, cache, symlinks=True)


def _replaced(make: Callable[[Path, Path], None]) -> Callable[[Path, Path], None]:
    def replace(file: Path, secret: Path) -> None:
        file.unlink()
        make(file, secret)

    return replace


PLANTED: dict[str, Callable[[Path, Path], None]] = {
    "a pipe": _replaced(lambda file, secret: os.mkfifo(file)),
    "a link to a file of the user's": _replaced(lambda file, secret: file.symlink_to(secret)),
    "a link to itself": _replaced(lambda file, secret: file.symlink_to(file)),
    "a link to a device": _replaced(lambda file, secret: file.symlink_to("/dev/zero")),
    "nothing": _replaced(lambda file, secret: None),
    "deep JSON": lambda file, secret: file.write_text("[" * 100_000) and None,
    "a file that cannot be read": lambda file, secret: file.chmod(0),
}
