"""List what is kept of photos between runs, or remove it."""

from typing import Annotated

from tltool import data
from tltool.data.cache.inventory import Inventory
from tltool.options import program, recipe
from tltool.specs import option


@recipe
def cache(
    list_: Annotated[bool, option(False, flag="list", help="List the entries, as is done without any flag.")] = False,
    verify: Annotated[bool, option(False, help="Read every entry and compare it with its checksums.")] = False,
    clear: Annotated[bool, option(False, help="Remove every entry, and nothing that tltool did not write.")] = False,
) -> Inventory:
    """List what is kept of photos between runs, or remove it.

    Photos are hashed, looked at and decoded once, and the results shared between runs. All of it can be made again, so it may be
    removed at any time. The folder is TLTOOL_CACHE, or in the user's cache folder; it grows to TLTOOL_CACHE_GB, or to 20 GB and at
    most half of the room on the disk; then what was not used for longest goes.
    """
    return data.clear_cache() if clear else data.take_stock(verify)


if __name__ == "__main__":
    program(cache)
