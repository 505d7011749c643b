"""A recipe's parameters ⇄ Click options: turns any recipe into a program, and is the one place where errors become exit codes.

A recipe is a function whose parameters are specs or plain annotated values. Every field of a spec becomes one flag; nothing
is described twice.
"""

from tltool.options.boundary import Result, guarded
from tltool.options.commands import command, program, typed_for
from tltool.options.door import recipe
from tltool.options.flags import Option, options_of

__all__ = ["Option", "Result", "command", "guarded", "options_of", "program", "recipe", "typed_for"]
