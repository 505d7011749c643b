"""List the pretrained backbones, or the layers of one."""

from typing import Annotated

from tltool import models
from tltool.models.listings import Listing
from tltool.options import program, recipe
from tltool.specs import option


@recipe
def backbones(
    name: Annotated[str | None, option(None, help="Only this backbone.", argument=True)] = None,
    layers: Annotated[bool, option(False, help="List the backbone's layers in order, ready for --unfreeze.")] = False,
) -> Listing:
    """List the pretrained backbones, or the layers of one.

    With --layers NAME is taken apart: the names of its layers are what --unfreeze takes.
    """
    return models.list_layers(name) if layers else models.list_backbones(name)


if __name__ == "__main__":
    program(backbones)
