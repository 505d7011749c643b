"""The ``tltool`` group: one command per recipe, each imported when it is asked for."""

import click

import tltool as package
from tltool.catalog import RECIPES
from tltool.cli.shelf import copy, recipes
from tltool.dialects import COMMANDS, spelt
from tltool.lookup import locate, nearest
from tltool.options import command
from tltool.options.usage import Command

SHELF = {"recipes": recipes, "copy": copy}


class Recipes(Command, click.Group):
    """The recipes of the catalogue as commands, in its order."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*RECIPES, *SHELF]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in RECIPES:
            return command(locate(RECIPES[name]))
        if name not in SHELF and not ctx.resilient_parsing:
            known = " or ".join(COMMANDS.get(spelt(name), ())) or nearest(name, self.list_commands(ctx))
            ctx.fail(f"The command must be {known}. Received: {name!r}.")
        return SHELF.get(name)


@click.group(cls=Recipes, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package.__version__, prog_name="tltool")
def tltool() -> None:
    """Transfer learning for people with a folder of photos.

    Start with `tltool demo`, or with your own photos in one folder per class: `tltool finetune --data PHOTOS`.
    """
