"""A command that answers slips in its own words: a flag of another tool, a folder without its flag, ``name=value``."""

import shlex

import click

from tltool.dialects import moved, needless, spelt, translate
from tltool.former_parameters import current_name
from tltool.options.usage import Command


class RecipeCommand(Command):
    """A command; what it does not know it looks up in ``dialects``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.allow_extra_args = True  # so that they can be looked at
        typed = list(args)
        try:
            rest = super().parse_args(ctx, [self._current(word) for word in args])
        except click.NoSuchOption as error:
            raise self._foreign_flag(ctx, error, typed) from None
        if ctx.args and not ctx.resilient_parsing:
            ctx.fail(self._left_over(ctx))
        return rest

    def _current(self, word: str) -> str:
        """``word``, or a flag by the name that it has now."""
        flag, equals, value = word.partition("=")
        before = flag.removeprefix("--").replace("-", "_")
        now = current_name(before, {name.replace("-", "_") for name in self._names()})
        return word if now == before else f"--{now.replace('_', '-')}{equals}{value}"

    def _foreign_flag(self, ctx: click.Context, error: click.NoSuchOption, words: list[str]) -> click.UsageError:
        """``error``, or what is meant by the flag where that is known, or by another of the ``words`` that were typed."""
        typed = error.option_name
        if found := moved(word for word in words if word.startswith("-") and spelt(word) not in self._names()):
            return click.UsageError(f"No such option {found[0]!r} here any more. It is a command of its own: tltool {found[1]}.", ctx)
        if meant := translate(typed, self._names()):
            return click.UsageError(f"No such option {typed!r} here. It is called {self._written(meant)}.", ctx)
        if reason := needless(typed):
            return click.UsageError(f"No such option {typed!r} here. Leave it away: {reason}.", ctx)
        return error

    def _left_over(self, ctx: click.Context) -> str:
        """What is wrong with the words that no argument takes."""
        word, n = ctx.args[0], len(ctx.args)
        name, equals, value = word.partition("=")
        if equals and (meant := translate(name, self._names())):
            return f"Got {word!r}, which is no option. Write {self._written(meant)} {shlex.quote(value)}."
        if "data" in self._names() and not any(ctx.params.get(key) for key in ("photos__data", "photos")):
            return f"Got {word!r} without an option. Photos are given with --data {shlex.quote(word)}."
        return f"Got unexpected extra argument{'s' if n > 1 else ''} ({' '.join(ctx.args)})"

    def _names(self) -> set[str]:
        """What flags are called without their hyphens, and arguments as they are shown."""
        return {self._name(parameter) for parameter in self.params}

    def _written(self, name: str) -> str:
        """How ``name`` is typed: as a flag, or right behind the command."""
        parameter = next(parameter for parameter in self.params if self._name(parameter) == name)
        return f"--{name}" if isinstance(parameter, click.Option) else f"{name.upper()}, right behind tltool {self.name}"

    @staticmethod
    def _name(parameter: click.Parameter) -> str:
        if isinstance(parameter, click.Option):
            return max(parameter.opts, key=len).lstrip("-")
        return parameter.make_metavar(click.Context(click.Command(""))).strip("[].").lower()
