"""What turns a feature map into probabilities."""

from typing import Literal, Self

from pydantic import model_validator

from tltool import catalog
from tltool.calls import read_initializer
from tltool.errors import SpecError
from tltool.lookup import entry
from tltool.specs.spec import Sizes, Spec, option


class Head(Spec):
    """What turns the backbone's feature map into one probability per class."""

    pool: Literal["avg", "max", "min", "sum", "gem", "flatten"] = option(
        "avg", flag="head-pool", help="How the feature map becomes one vector: a global pooling, or flatten."
    )
    dense: Sizes = option((), help="Units of the hidden dense layers, for example 256,128; default: none.")
    activation: str = option("relu", flag="head-activation", help="Activation of the hidden dense layers.")
    dropout: float = option(0.2, flag="head-dropout", help="Share of inputs dropped before each dense layer while training.", ge=0, lt=1)
    initializer: str = option("glorot_uniform", flag="head-initializer", help="kernel_initializer of the dense layers.")
    output: Literal["auto", "sigmoid", "softmax"] = option(
        "auto", flag="head-output", help="Two classes: one sigmoid neuron or a two-way softmax; auto is softmax."
    )

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        entry(self.activation, catalog.ACTIVATIONS, "--head-activation")
        read_initializer(self.initializer, "--head-initializer")
        return self

    def is_single_neuron(self, classes: int) -> bool:
        """Whether the head ends in one sigmoid neuron.

        Raises:
            SpecError: a sigmoid for other than two classes.
        """
        if self.output == "sigmoid" and classes != 2:
            raise SpecError(f"--head-output sigmoid must go with two classes. Received: {classes} classes. Use softmax.")
        return self.output == "sigmoid"
