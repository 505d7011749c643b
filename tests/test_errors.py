"""An error is one line that shows what was received."""

import pytest

from tltool.errors import DataError, GateError, TltoolError


@pytest.mark.parametrize("kind", [TltoolError, DataError, GateError])
def test_a_message_cannot_act_on_the_terminal_or_break_its_line(kind: type[TltoolError]) -> None:
    assert str(kind("Received: \x1b]0;x\x07\n\udcff.")) == r"Received: \x1b]0;x\x07\n\xff."
