"""The arena of the campaigns sees every way to lose; the campaigns themselves are run by hand and every night."""

import importlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from attacks.__main__ import CAMPAIGNS
from attacks.arena import Victim
from attacks.bombs import png
from attacks.mutations import MUTATIONS, mutate


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    with Victim(tmp_path_factory.mktemp("ground"), seconds=0.5, megabytes=100) as living:
        living.call("attacks.victim:reset_peak")
        yield living


@pytest.mark.parametrize(
    ("call", "outcome"),
    [
        (("json:loads", "1"), "accepted"),
        (("json:loads", "no JSON"), "traceback"),
        (("sys:exit", 1), "traceback"),
        (("os:_exit", 3), "crash"),
        (("time:sleep", 30), "hang"),
        (("time:sleep", 0.7), "hang"),
        (("operator:mul", "x", 200 << 20), "memory"),
        (("os:abort",), "crash"),
        (("attacks.victim:command", ["describe", "--size", "32", "--classes", "3"]), "accepted"),
        (("attacks.victim:command", ["describe", "\x1b]0;p\x07"]), "refused"),
        (("attacks.victim:command", ["no such command"]), "refused"),
    ],
)
def test_a_verdict_says_how_a_call_ended(victim: Victim, call: tuple, outcome: str) -> None:
    victim.seconds = 0.5 if outcome == "hang" else 60  # on a busy machine, too, only what hangs takes too long
    assert victim.call(*call).outcome == outcome


def test_a_file_that_hostile_code_would_write_is_seen_and_taken_away(victim: Victim, tmp_path: Path) -> None:
    victim.seconds = 60
    (tmp_path / "source").touch()
    assert victim.call("shutil:copy", str(tmp_path / "source"), str(victim.ground / "CANARY_x")).outcome == "canary"
    assert not list(victim.ground.glob("CANARY*"))


def test_a_terminal_escape_in_the_output_is_seen(victim: Victim, monkeypatch: pytest.MonkeyPatch) -> None:
    from attacks import victim as module
    from tltool.cli.main import tltool

    monkeypatch.setattr(tltool, "main", lambda *args, **extra: print("\x1b]0;p\x07"))
    with pytest.raises(module.Lost, match="x1b"):
        module.command(["check"])


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_mutation_changes_some_of_many_files_and_takes_the_smallest(name: str) -> None:
    whole = png(16, 16)
    assert any(bytes(MUTATIONS[name](random.Random(seed), bytearray(whole))) != whole for seed in range(5))
    assert isinstance(MUTATIONS[name](random.Random(0), bytearray(b"x")), bytearray)
    assert mutate(random.Random(1), whole) == mutate(random.Random(1), whole)


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_every_campaign_can_be_called(name: str) -> None:
    assert callable(importlib.import_module(f"attacks.{name}").attack)
