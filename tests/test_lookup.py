"""Names, tables and the nearest spelling."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from tltool.errors import SpecError
from tltool.lookup import entry, locate, nearest


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


PACKAGE = """
from typing import TYPE_CHECKING
from tltool.lookup import lazy
__version__ = "1"
if TYPE_CHECKING:
    from {name}.inner import verb as verb, VALUE as number
    from {name}.missing import other as other
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
"""


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A lazy package on disk, imported."""
    (tmp_path / "lazypack").mkdir()
    (tmp_path / "lazypack" / "__init__.py").write_text(PACKAGE.format(name="lazypack"), encoding="utf-8")
    (tmp_path / "lazypack" / "inner.py").write_text("VALUE = 3\ndef verb(): return 'done'\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield import_module("lazypack")
    for name in [name for name in sys.modules if name.partition(".")[0] == "lazypack"]:
        del sys.modules[name]


def test_a_lazy_package_imports_a_submodule_on_first_use_only(pack: ModuleType) -> None:
    assert "lazypack.inner" not in sys.modules
    assert (pack.verb(), pack.number) == ("done", 3)
    with pytest.raises(ModuleNotFoundError):
        _ = pack.other


def test_a_lazy_package_lists_its_names_and_nothing_of_its_own_making(pack: ModuleType) -> None:
    assert pack.__all__ == ["number", "other", "verb"]
    assert {name for name in dir(pack) if not name.startswith("__")} == set(pack.__all__)
    assert {"__doc__", "__version__"} <= set(dir(pack))


def test_an_unknown_name_of_a_lazy_package_is_an_attribute_error(pack: ModuleType) -> None:
    with pytest.raises(AttributeError, match="module 'lazypack' has no attribute 'noun'"):
        _ = pack.noun
