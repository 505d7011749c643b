"""A recipe as a Python function: the kind of every argument is seen to before it runs, and errors name fields, not flags."""

import functools
import inspect
import os
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

from tltool.dialects import moved, translate
from tltool.errors import SpecError, TltoolError
from tltool.former_parameters import current_name
from tltool.options.docstrings import docstring_of
from tltool.options.flags import Option, click_type, options_of
from tltool.specs import Spec, explain
from tltool.specs.docstrings import readable
from tltool.wording import described, in_python

Given = ParamSpec("Given")
Made = TypeVar("Made")


def recipe(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """``function`` behind a door that lets in only arguments of the kinds that its parameters are annotated with.

    Raises:
        SpecError: another kind, such as a ``Training`` where a ``Head`` belongs; or a word that belongs into one of the specs.
    """

    @functools.wraps(function)
    def behind_the_door(*given: Given.args, **named: Given.kwargs) -> Made:
        options, parameters = list(options_of(function)), inspect.signature(function).parameters
        now = {current_name(name, parameters): value for name, value in named.items()}
        try:
            _require_places(function.__name__, options, set(parameters), now)
            bound = inspect.signature(function).bind(*given, **now)
            hints = get_type_hints(function, include_extras=True)
            settled = {name: _settled(function.__name__, name, value, hints, options) for name, value in bound.arguments.items()}
            return function(**settled)  # type: ignore[call-arg]
        except TltoolError as error:
            error.say_in_python(in_python(error.typed, {option.name: option.spoken for option in options}))
            raise

    behind_the_door.__doc__ = docstring_of(function)
    behind_the_door.__signature__ = readable(inspect.signature(function))  # type: ignore[attr-defined]
    return behind_the_door


def _require_places(name: str, options: list[Option], parameters: set[str], named: Mapping[str, Any]) -> None:
    """Raises ``SpecError`` for a word that is no parameter of recipe ``name`` but has a place in one of its specs."""
    places = {option.name: option for option in options}
    for word in named.keys() - parameters:
        if found := moved([word]):
            raise SpecError(f"{name} must do one thing. Received: {word!r}, which is a recipe of its own now: tltool.{found[1]}.")
        if meant := translate(word, set(places)):
            option = places[meant]
            into = f"{option.parameter}={option.kind.__name__}({option.field}=…)" if option.kind else f"{option.parameter}=…"
            raise SpecError(
                f"{name} takes {', '.join(dict.fromkeys(option.parameter for option in options))}. Received: {word!r}. Write {into}."
            )


def _settled(recipe_name: str, name: str, value: Any, hints: Mapping[str, Any], options: list[Option]) -> Any:
    """``value`` as parameter ``name`` wants it: a spec as it is, what else there is as its annotation says."""
    if isinstance(hints[name], type) and issubclass(hints[name], Spec):
        return _of_kind(recipe_name, name, value, hints)
    option = next(option for option in options if option.parameter == name)
    plain = os.fspath(value) if isinstance(value, os.PathLike) else value
    _, several = click_type(option.info)
    try:
        return TypeAdapter(hints[name]).validate_python((plain,) if several and isinstance(plain, str) else plain)
    except ValidationError as error:
        raise SpecError(explain(error, f"--{option.name}")) from None


def _of_kind(recipe_name: str, name: str, value: Any, hints: Mapping[str, Any]) -> Spec:
    kind = hints[name]
    if isinstance(value, kind):
        return value
    others = [other for other, hint in hints.items() if isinstance(hint, type) and isinstance(value, hint) and issubclass(hint, Spec)]
    if others:
        hint = f"Write {others[0]}=… in front of it."
    elif isinstance(value, type) and issubclass(value, kind):
        hint = f"Write {kind.__name__}()."
    elif isinstance(value, dict):
        hint = f"Write {kind.__name__}(**…)."
    elif value is None:
        hint = "Leave it away for the default." if name != next(iter(hints)) else f"Write {kind.__name__}(…)."
    else:
        hint = f"Write {name}={kind.__name__}({next(iter(kind.model_fields))}=…)."
    raise SpecError(f"{name} of {recipe_name} must be a {kind.__name__}. Received: {described(value)}. {hint}")
