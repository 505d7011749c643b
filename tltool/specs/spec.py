"""What every spec is: frozen values, checked at once, described once."""

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tltool.blocks import Block
from tltool.errors import SpecError


def option(default: Any = ..., *, help: str, flag: str | None = None, argument: bool = False, **bounds: Any) -> Any:
    """A field that is also a command-line option (``flag`` where its own name will not do) or a positional argument."""
    return Field(default, description=help, json_schema_extra={"flag": flag, "argument": argument}, **bounds)


def _numbers(value: Any) -> Any:
    """``"256,128"`` as the command line and a lone ``256`` as Python says it, both as a tuple."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return (value,) if isinstance(value, int) else value


def _texts(value: Any) -> Any:
    """A lone text, or blocks as Python has them, as a tuple of texts."""
    if isinstance(value, (str, Block)):
        return (str(value),)
    return tuple(str(item) if isinstance(item, Block) else item for item in value) if isinstance(value, (list, tuple)) else value


Positive = Annotated[int, Field(ge=1)]
Sizes = Annotated[tuple[Positive, ...], BeforeValidator(_numbers)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]


class Spec(BaseModel):
    """A frozen wish. Raises ``SpecError`` in one sentence where pydantic would raise its own error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise SpecError(_explain(type(self), error)) from None

    @classmethod
    def over(cls, earlier: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
        """The fields of ``earlier`` with those of ``said`` in their place, and without what ``said`` leaves no place for."""
        return earlier | said

    def fill(self, **automatic: Any) -> Self:
        """A copy in which fields that are still ``None`` take these values; ``typed`` stays what the user typed."""
        filled = self.model_copy(update={name: value for name, value in automatic.items() if getattr(self, name) is None})
        filled.__pydantic_fields_set__ = self.model_fields_set
        return filled

    def kept_in(self, folder: Path) -> Self:
        """The spec as a run in ``folder`` can repeat it."""
        return self

    def typed(self) -> dict[str, Any]:
        """What the user said, ready for JSON."""
        return self.model_dump(mode="json", include=self.model_fields_set)

    def resolved(self) -> dict[str, Any]:
        """Every field, ready for JSON."""
        return self.model_dump(mode="json")


def require_training_share(validation: float, test: float, what: str) -> None:
    """Raises ``SpecError`` unless ``what`` (photos, signals) are left to train on beside those shares."""
    if validation + test >= 1:
        raise SpecError(f"--validation and --test must leave {what} to train on, so be less than 1 together. "
                        f"Received: {validation:g} and {test:g}.")


def _explain(spec: type[Spec], error: ValidationError) -> str:
    fault = error.errors()[0]
    cause = fault.get("ctx", {}).get("error")
    if isinstance(cause, SpecError):
        return str(cause)
    place = ".".join(str(part) for part in fault["loc"][:1])
    what = fault["msg"].removeprefix("Value error, ").partition(", unable to")[0].partition(" after validation")[0]
    if fault["type"] == "missing":
        return f"{spec.__name__} needs {place}: {spec.model_fields[place].description}"
    if fault["type"] == "extra_forbidden":
        return f"{spec.__name__} has no {place!r}; it knows {', '.join(spec.model_fields)}."
    if not place:
        return f"{what}."
    extra: Any = spec.model_fields[place].json_schema_extra
    what = what.replace("Input should", "must").replace("Tuple should", "must")
    return f"--{(extra['flag'] or place).replace('_', '-')} {what}. Received: {fault['input']!r}."
