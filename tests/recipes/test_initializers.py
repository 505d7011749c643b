"""`tltool initializers`: what it says, what it refuses, and where its flags of earlier versions lead."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tltool import ConvStack, DataError, SpecError, describe, initializers
from tltool.cli.main import tltool
from tltool.data import write_digits


def typed(*arguments: object) -> Result:
    return CliRunner().invoke(tltool, [*map(str, arguments)])


def test_batch_norm_hides_it_and_that_is_said_and_it_is_drawn(tmp_path: Path) -> None:
    digits = write_digits(tmp_path / "digits", range(2), few=6) / "train"
    stack = ("--size", 16, "--pooling", "none", "--filters", "4,4,4,4", "--plot", tmp_path / "spreads.png")
    done = typed("initializers", digits, *stack, "--against", "truncated_normal(stddev=0.01)")
    assert done.exit_code == 0 and "--no-batch-norm shows it without" in done.stdout and "vanish with" not in done.stdout
    assert (tmp_path / "spreads.png").stat().st_size > 10_000


def test_photos_that_cannot_be_looked_at_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        initializers(tmp_path)
    with pytest.raises(SpecError, match=r"ConvStack\.filters must give the stack a block"):
        initializers(tmp_path, ConvStack(filters=()))
    with pytest.raises(SpecError, match="against must be"):
        initializers(tmp_path, against="he_norml")
    assert "Missing argument 'DIR'" in typed("initializers").stderr


@pytest.mark.parametrize("flags", [["--initializers", "--data", "x"], ["--data", "x", "--initializers"], ["--against=he_normal"]])
def test_a_flag_of_earlier_versions_leads_to_the_command_that_it_has_become(flags: list[str]) -> None:
    done = typed("describe", *flags)
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-1].endswith(" here any more. It is a command of its own: tltool initializers.")


def test_in_python_it_leads_to_the_recipe() -> None:
    with pytest.raises(SpecError, match=r"^describe must do one thing\. Received: 'initializers', .*: tltool\.initializers\.$"):
        describe(initializers=True)  # type: ignore[call-arg]


def test_another_slip_in_the_command_is_not_blamed_on_its_flags() -> None:
    assert "'--bogus'" in typed("initializers", "x", "--bogus", "--against", "he_normal").stderr.splitlines()[-1]
