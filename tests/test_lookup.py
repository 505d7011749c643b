"""Names, tables and the nearest spelling."""

import sys
import types

import pytest

from tltool.errors import SpecError
from tltool.lookup import entry, lazy, locate, nearest


def test_a_known_name_gives_its_entry() -> None:
    assert entry("a", {"a": 1}, "letter") == 1


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(SpecError) as error:
        entry("mobilenet_v", {"mobilenet_v2": 1, "vgg16": 2}, "--backbone")
    assert str(error.value) == "--backbone must be a known name (did you mean 'mobilenet_v2'?). Received: 'mobilenet_v'."


def test_a_name_like_no_other_is_answered_with_all_of_them() -> None:
    with pytest.raises(SpecError, match=r"letter must be one of a, b\. Received: 'xyz'\."):
        entry("xyz", {"a": 1, "b": 2}, "letter")


def test_a_long_list_of_names_is_cut() -> None:
    assert nearest("!", [f"layer_{i}" for i in range(60)]).endswith("layer_49 … and 10 more")


def test_an_error_of_a_lookup_is_a_value_error_too() -> None:
    with pytest.raises(ValueError):
        entry("", {}, "name")


def test_an_address_is_imported_when_it_is_located() -> None:
    assert locate("collections:OrderedDict").__name__ == "OrderedDict"


def test_a_lazy_package_imports_a_submodule_on_first_use_only(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = types.ModuleType("pack.inner")
    inner.verb = "done"  # type: ignore[attr-defined]
    get, names = lazy("pack", {"verb": "inner", "other": "missing"})
    assert names == ["other", "verb"]
    with pytest.raises(ModuleNotFoundError):
        get("verb")
    monkeypatch.setitem(sys.modules, "pack", types.ModuleType("pack"))
    monkeypatch.setitem(sys.modules, "pack.inner", inner)
    assert get("verb") == "done"


def test_an_unknown_name_of_a_lazy_package_is_an_attribute_error() -> None:
    get, _ = lazy("pack", {})
    with pytest.raises(AttributeError, match="module 'pack' has no attribute 'verb'"):
        get("verb")
