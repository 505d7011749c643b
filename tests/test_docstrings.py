"""What ``help()`` shows of specs and recipes comes whole from the fields that ``--help`` shows."""

import inspect
import pydoc
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import annotated_types
import pytest

from tltool import Backbone, Photos, Training, catalog, specs
from tltool.lookup import locate
from tltool.options import options_of, recipe
from tltool.specs import Spec
from tltool.specs.docstrings import Entry, bounds_of, docstring, kind_of, readable
from tltool.wording import in_python

SPECS = [kind for kind in vars(specs).values() if isinstance(kind, type) and issubclass(kind, Spec) and kind is not Spec]
RECIPES = [locate(address) for address in catalog.RECIPES.values()]


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.__name__)
def test_a_spec_names_each_field_once_with_the_sentence_of_help_in_words_of_python(spec: type[Spec]) -> None:
    told = pydoc.plain(pydoc.render_doc(spec)).partition("Method resolution order")[0].replace("\n |", "\n")
    names = {flag: name.partition(".")[2] for flag, name in spec.flags().items()}
    for name, info in spec.model_fields.items():
        assert len(re.findall(rf"(?m)^ +{name} \(", told)) == 1
        assert flat(in_python(info.description or "", names)) in flat(told)
    assert "FieldInfo" not in told and "Annotated" not in told


@pytest.mark.parametrize("made", RECIPES, ids=lambda made: made.__name__)
def test_a_recipe_names_each_parameter_once_and_points_to_the_fields_of_specs(made: Callable[..., Any]) -> None:
    told = pydoc.plain(pydoc.render_doc(made))
    options = list(options_of(made))
    names = {option.name: option.spoken for option in options}
    for name in inspect.signature(made).parameters:
        assert len(re.findall(rf"(?m)^ +{name} \(", told)) == 1
    for option in options:
        expected = f"Its fields: help({option.kind.__name__})." if option.kind else in_python(option.info.description or "", names)
        assert flat(expected) in flat(told)
    assert not re.search(r"FieldInfo|Annotated|typing\.|pathlib\.", told)


@pytest.mark.parametrize("made", RECIPES, ids=lambda made: made.__name__)
def test_the_signature_that_is_read_keeps_the_annotations_and_defaults_of_the_function(made: Callable[..., Any]) -> None:
    shown, real = (inspect.signature(found).parameters for found in (made, inspect.unwrap(made)))
    facts = ("name", "kind", "default", "annotation")
    assert [[getattr(one, fact) for fact in facts] for one in shown.values()] == [
        [getattr(one, fact) for fact in facts] for one in real.values()
    ]


def test_the_docstring_of_a_spec_is_laid_out_for_readers() -> None:
    assert (
        "    size (int from 16 to 2,048, automatic): Side of the square the model sees, in pixels; default:\n        the backbone's"
        in str(Photos.__doc__)
    )
    assert "    test (float from 0 to below 1, default 0.15): Share" in str(Photos.__doc__)
    assert "flip=False for digits" in flat(str(Training.__doc__))


def test_a_spec_is_written_with_what_differs_from_its_defaults() -> None:
    assert (repr(Backbone()), repr(Training(epochs=2, seed=0))) == ("Backbone()", "Training(epochs=2)")
    assert repr(Photos(data="x").fill(size=96)) == f"Photos(data={Path('x')!r}, size=96)"


@pytest.mark.parametrize(
    ("annotation", "told"),
    [
        (int | None, "int"),
        (int | str, "int or str"),
        (Literal["a", "b", "c"] | None, "'a', 'b' or 'c'"),
        (Literal[1], "1"),
        (specs.Sizes | None, "tuple of int"),
        (Path, "path"),
        (list[str], "list[str]"),
        (Any, "path or DataFrame"),
    ],
)
def test_kinds_are_told_in_words(annotation: Any, told: str) -> None:
    assert kind_of(annotation) == told


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ([], ""),
        ([annotated_types.Ge(1), annotated_types.Le(4096)], "from 1 to 4,096"),
        ([annotated_types.Le(2), annotated_types.Ge(1)], "from 1 to 2"),
        ([annotated_types.Gt(0), annotated_types.Lt(1)], "above 0 and below 1"),
        ([annotated_types.Gt(0), annotated_types.Le(1)], "above 0, up to 1"),
        ([annotated_types.Ge(0), annotated_types.Lt(1)], "from 0 to below 1"),
        ([annotated_types.Ge(1), annotated_types.MinLen(1)], "from 1"),
        ([annotated_types.Lt(1)], "below 1"),
    ],
)
def test_bounds_are_told_in_words(rules: list[Any], told: str) -> None:
    assert bounds_of(rules) == told


def test_a_default_is_told_and_what_has_none_is_required() -> None:
    told = docstring("Do.", [Entry("a", int, "A."), Entry("b", str, "B.", "x"), Entry("c", str, "C.", None)], {})
    assert told == "Do.\n\nArgs:\n    a (int, required): A.\n    b (str, default 'x'): B.\n    c (str, optional): C."


def test_a_signature_is_written_with_kinds_only() -> None:
    def made(a: specs.Sizes, *b: Path | None, c: "Unknown" = 3, **d: Any) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    assert str(readable(inspect.signature(made))) == "(a: tuple[int, ...], *b: Path | None, c: 'Unknown' = 3, **d: Any) -> None"


def test_a_recipe_whose_author_named_the_parameters_keeps_their_words() -> None:
    def mine(photos: Photos, times: int) -> None:
        """Do it.

        Args:
            times: how often.
        """

    assert str(recipe(mine).__doc__) == "Do it.\n\nArgs:\n    times: how often."


def test_a_recipe_without_annotations_is_taken_as_it_is() -> None:
    def mine(photos: Photos, times, later: "Unknown" = None) -> None:  # type: ignore[no-untyped-def, name-defined]  # noqa: F821
        """Do it."""

    told = str(recipe(mine).__doc__)
    assert told.startswith("Do it.\n\nArgs:\n    photos (Photos, required): Which photos") and "times" not in told
