"""List the pretrained backbones, or the layers of one."""

from tltool import models
from tltool.models.listings import Listing
from tltool.options import program, recipe
from tltool.parameters import BackboneName, ListLayers


@recipe
def backbones(name: BackboneName = None, layers: ListLayers = False) -> Listing:
    """List the pretrained backbones, or the layers of one.

    With --layers NAME is taken apart: the names of its layers are what --unfreeze takes.
    """
    return models.list_layers(name) if layers else models.list_backbones(name)


if __name__ == "__main__":
    program(backbones)
