"""What every spec is: frozen values, checked at once, described once."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from tltool.blocks import Block
from tltool.dialects import translate
from tltool.errors import SpecError
from tltool.specs.docstrings import Entry, Signature, docstring
from tltool.wording import described, in_python


def option(
    default: Any = ..., *, help: str, flag: str | None = None, argument: bool = False, none: str = "automatic", **bounds: Any
) -> Any:
    """A field that is also a command-line option (``flag`` where its own name will not do) or a positional argument; ``none`` is the
    word for ``None`` as the default."""
    return Field(default, description=help, json_schema_extra={"flag": flag, "argument": argument, "none": none}, **bounds)


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


def _names(value: Any) -> Any:
    """``"snout,tail"`` as the command line says it, as a tuple."""
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


Positive = Annotated[int, Field(ge=1)]
Sizes = Annotated[tuple[Positive, ...], BeforeValidator(_numbers)]
Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_names)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]


class Spec(BaseModel):
    """A frozen wish. Raises ``SpecError`` in one sentence where pydantic would raise its own error."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    def __init__(self, **values: Any) -> None:
        """Raises ``SpecError`` for a field that there is not, and for a value that cannot hold."""
        try:
            super().__init__(**values)
        except ValidationError as error:
            refusal = SpecError(_explain(type(self), error))
            refusal.say_in_python(in_python(str(refusal), self.flags()))
            raise refusal from None

    @classmethod
    def __pydantic_init_subclass__(cls, **extra: Any) -> None:
        """Let ``help()`` name every field."""
        named = {flag_of(name, info): name for name, info in cls.model_fields.items()}
        cls.__doc__ = docstring(cls.__doc__, [_entry(name, info) for name, info in cls.model_fields.items()], named)
        type.__setattr__(cls, "__signature__", Signature(vars(cls)["__signature__"]))

    def __repr_args__(self) -> Iterable[tuple[str, Any]]:
        """Only what differs from the defaults."""
        fields = type(self).model_fields
        return [(name, value) for name, value in self if fields[name].is_required() or value != fields[name].default]

    @classmethod
    def flags(cls) -> dict[str, str]:
        """What Python calls the flag of every field: ``{"head-dropout": "Head.dropout"}``."""
        return {flag_of(name, info): f"{cls.__name__}.{name}" for name, info in cls.model_fields.items()}

    @classmethod
    def over(cls, earlier: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
        """The fields of ``earlier`` with those of ``said`` in their place, and without what ``said`` leaves no place for."""
        return earlier | said

    def fill(self, **automatic: Any) -> Self:
        """A copy in which fields that are still ``None`` take these values; ``typed`` stays what the user typed."""
        return self._taking({name: value for name, value in automatic.items() if getattr(self, name) is None})

    def prefer(self, **usual: Any) -> Self:
        """The same for fields that have a default, where the user did not say otherwise."""
        return self._taking({name: value for name, value in usual.items() if name not in self.model_fields_set})

    def _taking(self, values: dict[str, Any]) -> Self:
        changed = self.model_copy(update=values)
        changed.__pydantic_fields_set__ = self.model_fields_set
        return changed

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
        raise SpecError(
            f"--validation and --test must leave {what} to train on, so be less than 1 together. Received: {validation:g} and {test:g}."
        )


def flag_of(name: str, info: FieldInfo) -> str:
    """What the command line calls a field, without hyphens in front."""
    extra: Any = info.json_schema_extra or {}
    return (extra.get("flag") or name).replace("_", "-")


def _entry(name: str, info: FieldInfo) -> Entry:
    extra: Any = info.json_schema_extra or {}
    default = ... if info.is_required() else info.default
    return Entry(name, info.annotation, info.description, default, info.metadata, extra.get("none", "automatic"))


def explain(error: ValidationError, what: str) -> str:
    """The first fault that pydantic found, of the value called ``what``, as a sentence."""
    fault = error.errors()[0]
    cause = fault.get("ctx", {}).get("error")
    if isinstance(cause, SpecError):
        return cause.typed
    message = fault["msg"].removeprefix("Value error, ").partition(", unable to")[0].partition(" after validation")[0]
    message = re.sub(r"^Input is not a valid path for .*", "must be a path", message)
    message = message.replace("Input should", "must").replace("Tuple should", "must")
    return f"{what} {message}. Received: {described(fault['input'])}."


def _explain(spec: type[Spec], error: ValidationError) -> str:
    fault = error.errors()[0]
    place = ".".join(str(part) for part in fault["loc"][:1])
    if fault["type"] == "missing":
        return f"{spec.__name__} needs {place}: {spec.model_fields[place].description}"
    if fault["type"] == "extra_forbidden":
        own = {flag_of(name, info): name for name, info in spec.model_fields.items()}
        meant = translate(place, set(own))
        return f"{spec.__name__} has no {place!r}; " + (f"it is called {own[meant]}." if meant else f"it knows {', '.join(own.values())}.")
    return explain(error, f"--{flag_of(place, spec.model_fields[place])}" if place else spec.__name__)
