"""Which signals, and how they are divided."""

from pathlib import Path
from typing import Self

from pydantic import field_serializer, model_validator

from tltool.specs.spec import Spec, option, require_training_share


class Signals(Spec):
    """Which signals, and how they are divided."""

    data: Path = option(help="File that numpy.savez wrote, with the arrays x and y and, if need be, split and group.", argument=True)
    validation: float = option(0.15, help="Share of the signals for choosing, where the file's split names none.", gt=0, lt=1)
    test: float = option(0.15, help="Share of the signals for the final measurement, where the file's split names none.", ge=0, lt=1)

    @model_validator(mode="after")
    def _leaves_signals_to_train_on(self) -> Self:
        require_training_share(self.validation, self.test, "signals")
        return self

    @field_serializer("data", when_used="json")
    def _data_from_anywhere(self, data: Path) -> str:
        return str(data.absolute())
