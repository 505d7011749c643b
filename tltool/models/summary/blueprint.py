"""The layers of a stack and of a head as records of ``tltool.models.summary.arithmetic``, before anything is built; no Keras.

They are the layers that ``build_stack`` and ``attach_head`` make, with a border and the convolution it is made for as one record.
"""

from collections.abc import Iterator
from dataclasses import replace

from tltool.models.stack.axes import Shape, lay_window, sized
from tltool.models.stack.shapes import Fixed, Placed, convolution_axes, lay_out_stack, pooling_axes
from tltool.models.summary.arithmetic import Layer, ReceptiveField, looking
from tltool.models.summary.layer_kinds import batch_norm, convolution, dense, depthwise, each, flatten, global_pooling, pooling
from tltool.specs import ConvStack, Head

SUMMARIES = {"avg": "average", "gem": "generalized mean"}


def stack_layers(stack: ConvStack, shape: Shape) -> list[Layer]:
    """The layers of ``stack`` on photos (height, width, 3) or signals (length, channels).

    Raises:
        SpecError: a block that cannot be laid on what reaches it.
    """
    fixed, placed = lay_out_stack(stack, shape)
    layers = [each("scale", "scaling", "to −1…1", shape, looking(shape))] if len(shape) == 3 else []
    view = looking(shape)
    for filters in fixed:
        layers += _fixed(filters, view)
        view = layers[-1].view
    for place in placed:
        layers += _block(place, view)
        view = layers[-1].view
    return layers


def head_layers(head: Head, classes: int, entering: Shape, view: ReceptiveField) -> list[Layer]:
    """The layers from a feature map, or from a vector, to one probability per class.

    Raises:
        SpecError: a sigmoid for other than two classes.
    """
    layers = list(_summary(head, entering, view))
    inside, view = (layers[-1].leaving, layers[-1].view) if layers else (entering, view)
    for number, units in enumerate(head.dense, start=1):
        layers += _dropout(head.dropout, f"dense{number}_dropout", inside, view)
        layers.append(dense(f"dense{number}", inside, units, view))
        inside = (units,)
        layers.append(each(f"dense{number}_{head.activation}", "activation", head.activation, inside, view))
    layers += _dropout(head.dropout, "logits_dropout", inside, view)
    single = head.is_single_neuron(classes)
    layers.append(dense("logits", inside, 1 if single else classes, view))
    if single:
        sigmoid = each("sigmoid", "activation", "sigmoid", (1,), view)
        return [*layers, sigmoid, each("probabilities", "join", "1 − p and p", (1,), view, (2,))]
    return [*layers, each("probabilities", "activation", "softmax", (classes,), view)]


def _fixed(fixed: Fixed, view: ReceptiveField) -> Iterator[Layer]:
    """A bank is laid on every channel for itself; grey is one kernel of 1×1 on all three."""
    axes = [lay_window(size, fixed.kernel_size, padding="same") for size in fixed.entering[:-1]]
    if fixed.name == "fixed_grey":
        grey = convolution(fixed.name, fixed.entering, axes, fixed.filters, view, bias=False, learned=False)
        yield replace(grey, does="colours to grey")
        return
    bank = depthwise(fixed.name, fixed.entering, axes, fixed.filters, view, bias=False)
    side = sized([fixed.kernel_size] * len(axes))
    yield replace(bank, does=f"{fixed.filters}@{side} fixed", learned=0)


def _block(place: Placed, view: ReceptiveField) -> Iterator[Layer]:
    block, name = place.block, f"block{place.number}"
    axes = convolution_axes(block, place.entering)
    made = convolution(f"{name}_conv", place.entering, axes, block.filters, view, bias=not block.batch_norm)
    yield made
    if block.batch_norm:
        yield batch_norm(f"{name}_batch_norm", made.leaving, made.view)
    yield each(f"{name}_{block.activation}", "activation", block.activation, made.leaving, made.view)
    seen = made.view
    if block.pooling != "none":
        axes = pooling_axes(block, made.leaving)
        pooled = pooling(f"{name}_pool", made.leaving, axes, SUMMARIES.get(block.pooling, block.pooling), made.view)
        seen = pooled.view
        yield pooled
    yield from _dropout(block.dropout, f"{name}_dropout", place.leaving, seen)


def _dropout(share: float, name: str, entering: Shape, view: ReceptiveField) -> Iterator[Layer]:
    if share:
        yield each(name, "dropout", f"{share:.0%} of inputs", entering, view)


def _summary(head: Head, entering: Shape, view: ReceptiveField) -> Iterator[Layer]:
    """How the feature map becomes one vector; a vector passes."""
    if len(entering) == 1:
        return
    if head.pool == "flatten":
        yield flatten("flatten", entering, view)
    else:
        yield global_pooling(f"global_{head.pool}_pool", entering, SUMMARIES.get(head.pool, head.pool), view)
