"""A Conv2D stack from scratch, end to end, on real handwritten digits."""

from pathlib import Path

import pytest

from tltool import ConvStack, Photos, Run, SpecError, Training, scratch
from tltool.data import write_digits


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_digits(tmp_path_factory.mktemp("digits"), range(3))


def test_a_stack_learns_digits(digits: Path, tmp_path: Path) -> None:
    stack = ConvStack(filters=(8, 16), kernel_initializer="orthogonal", padding="reflect", pooling="average")
    run = scratch(Photos(data=digits, size=32), stack, training=Training(augment="none", epochs=12, batch_size=16), out=tmp_path / "r")
    assert run.report()["accuracy"] > 0.9
    assert run.record["resolved"]["stack"]["kernel_initializer"] == "orthogonal"
    assert list(Run(run.path).predictions().columns) == ["path", "label", "predicted", "p_0", "p_1", "p_2"]


def test_a_stack_too_deep_for_its_photos_is_explained(digits: Path, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="Block 5"):
        scratch(Photos(data=digits, size=16), ConvStack(filters=(4,) * 6), out=tmp_path / "r")
