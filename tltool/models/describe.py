"""What can be described: a stack that is only a wish, a backbone, a run, a model file. Keras is loaded for the last three only."""

from pathlib import Path
from typing import TYPE_CHECKING

from tltool.catalog import BACKBONES
from tltool.errors import SpecError
from tltool.lookup import entry
from tltool.models.stack.axes import Shape, sized
from tltool.models.summary.arithmetic import looking
from tltool.models.summary.blueprint import head_layers, stack_layers
from tltool.models.summary.descriptions import Description
from tltool.runs import Run
from tltool.specs import ConvStack, Head
from tltool.specs.spec import flag_of
from tltool.wording import counted

if TYPE_CHECKING:
    import keras


def describe_stack(stack: ConvStack, shape: Shape, head: Head, classes: int | None, build: bool = False) -> Description:
    """The arithmetic of a stack on photos (height, width, 3) or signals (length, channels), with a head where there are classes.

    Args:
        build: also build it, for Keras's own count of parameters.

    Raises:
        SpecError: a block that cannot be laid on what reaches it, or a head without classes.
    """
    layers = stack_layers(stack, shape)
    if classes:
        last = layers[-1] if layers else None
        layers += head_layers(head, classes, last.leaving if last else shape, last.view if last else looking(shape))
    blocks = len(stack.blocks)
    kind = f"{sized(shape[:2])} {'RGB' if stack.channels == 3 else 'grey'}" if len(shape) == 3 else f"signals of {sized(shape)}"
    title = f"Stack of {counted(blocks, 'block')} on {kind}{_for(classes)}"
    return Description(title, tuple(layers), _count(stack, shape, head, classes) if build else None)


def describe_model(what: str, head: Head, size: int | None, classes: int | None) -> Description:
    """The arithmetic of a backbone of the catalogue without its top, with a head where there are classes; or of a run or a .keras file.

    Raises:
        SpecError: an unknown name, a size that it cannot take, or a size or classes for what has its own.
        RunError: a run or a file without a model that can be read.
    """
    path = Path(what)
    if what in BACKBONES or not (path.exists() or "/" in what or path.suffix == ".keras"):
        side = size or entry(what, BACKBONES, "What to describe").size
        return _description(f"{what} at {side} px{_for(classes) or ', without its top'}", _backbone(what, side, head, classes))
    given = [flag for flag, value in (("--size", size), ("--classes", classes), ("a head", head.typed())) if value]
    if given:
        raise SpecError(f"{given[0]} must be left away for a run or a model file, which has its own. Received: it with {what}.")
    if path.suffix == ".keras":
        from tltool.models.saving.store import load_model

        return _description(path.name, load_model(path))
    run = Run(path)
    return _description(f"{what} ({run.usable.recipe}){_for(len(run.classes))}", run.model())


def require_one_subject(
    what: str | None, stack: ConvStack, head: Head, size: int | None, length: int | None, classes: int | None, build: bool
) -> None:
    """Raises ``SpecError`` for wishes that belong to another subject than the one that is described."""
    if what and (typed := [*stack.typed(), *(["length"] if length else []), *(["build"] if build else [])]):
        raise SpecError(f"--{typed[0].replace('_', '-')} is said of a stack; {what} is made already. Received: both. Leave one away.")
    if size and length:
        raise SpecError(f"--size is said of photos, --length of signals. Received: {size} and {length}. Leave one away.")
    if head.typed() and classes is None:
        said = next(iter(head.typed()))
        raise SpecError(
            f"--{flag_of(said, Head.model_fields[said])} needs --classes: how many classes the head tells apart. Received: none."
        )


def _description(title: str, model: "keras.Model") -> Description:
    from tltool.models.summary.anatomy import take_apart

    return Description(title, tuple(take_apart(model)), model.count_params(), staged=True)


def _backbone(name: str, size: int, head: Head, classes: int | None) -> "keras.Model":
    from tltool.models.assembly import assemble
    from tltool.models.backbone import load_backbone

    backbone = load_backbone(name, "none", size)
    return assemble(backbone, head, [str(i) for i in range(classes)], seed=0) if classes else backbone


def _count(stack: ConvStack, shape: Shape, head: Head, classes: int | None) -> int:
    from tltool.models.assembly import assemble
    from tltool.models.stack.conv_stack import build_stack

    body = build_stack(stack, shape, seed=0)
    return (assemble(body, head, [str(i) for i in range(classes)], seed=0) if classes else body).count_params()


def _for(classes: int | None) -> str:
    return f", {classes} classes" if classes else ""
