"""The list of backbones, and the layers of one."""

import pytest

from tltool import SpecError, backbones
from tltool.catalog import BACKBONES


def test_every_backbone_is_listed_with_its_facts() -> None:
    rows = {row["backbone"]: row for row in backbones().records()}
    assert set(rows) == set(BACKBONES) and rows["inception_v3"]["size"] == 299


def test_layers_are_listed_in_order_by_the_names_that_unfreeze_takes() -> None:
    names = [row["layer"] for row in backbones("mobilenet_025", layers=True).records()]
    assert names.index("conv1") < names.index("conv_pw_13")


def test_a_misspelt_name_gets_the_nearest() -> None:
    with pytest.raises(SpecError, match="did you mean 'mobilenet_v2'"):
        backbones("mobilenetv2")
