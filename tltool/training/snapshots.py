"""A Keras model ↔ the values that a state keeps of it."""

from collections.abc import Sequence

import keras
import numpy as np

from tltool.errors import RunError
from tltool.training.state import State


def seeds_of(model: keras.Model) -> list[keras.Variable]:
    """The state of every random generator of ``model``; Keras counts it among the variables but neither saves it nor calls it a weight."""
    weights = {id(weight) for weight in model.weights}
    return list({id(variable): variable for variable in model.variables if id(variable) not in weights}.values())


def values_of(variables: Sequence[keras.Variable]) -> list[np.ndarray]:
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def state_of(model: keras.Model) -> State:
    """``model`` as it is, before the first phase."""
    return State(values_of(model.weights), values_of(seeds_of(model)))


def put_back(state: State, model: keras.Model) -> None:
    """``model`` as it was when ``state`` was taken."""
    assign(model.weights, state.weights)
    assign(seeds_of(model), state.seeds)


def assign(variables: Sequence[keras.Variable], values: Sequence[np.ndarray]) -> None:
    """Raises ``RunError`` where the values are another model's."""
    if [tuple(variable.shape) for variable in variables] != [value.shape for value in values]:
        raise RunError("The state of a run must fit its model. Received: one of other shapes. Start again with --from, or with --force.")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
