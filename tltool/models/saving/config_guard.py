"""The config of a ``.keras`` file, read before Keras builds anything from it: what in it is not on the allow-list, and what would take
Keras more than seconds to build."""

import re
from collections.abc import Iterator
from typing import Any

from tltool.models.saving.allowlist import ACTIVATIONS, DTYPES, HUB_MODULES, HUB_NAME, MODELS, OBJECTS, REFUSED_LAYERS, VALUES

OBJECT_KEYS = {
    "module",
    "class_name",
    "config",
    "registered_name",
    "build_config",
    "compile_config",
    "name",
    "inbound_nodes",
    "shared_object_id",
}
MOST_CALLS = 1500  # of layers, several milliseconds each; the longest network of keras.applications takes 1,045
MOST_PARTS = 256  # that an operation may split a tensor into
PARTS = {"keras.initializers", "keras.regularizers", "keras.constraints"}  # modules of what is no layer but belongs to one
REGISTERED = re.compile(r"[^>]*\w>\w[^>]*")  # how Keras's registry of custom objects spells names; "ab,bc->ac" is none


def config_faults(config: Any) -> Iterator[str]:
    """What in ``config`` Keras must not see, in words: whatever it could take for an object and that is not listed."""
    if not isinstance(config, dict) or _names(config)[:2] not in MODELS:
        yield "a config that describes no Functional or Sequential model"
    for key, found in _walk(config):
        if isinstance(found, str):
            yield from _text_faults(key, found)
        elif any(found.get("class_name") == kind for kind in VALUES):
            yield from _value_faults(found)
        elif "class_name" in found or "registered_name" in found:
            yield from _object_faults(found)
    if (calls := _calls(config)) > MOST_CALLS:
        yield f"{calls:,} layers to be called, more than {MOST_CALLS:,}"


def holds_hub(config: Any) -> bool:
    """Whether a config contains a TF Hub layer."""
    return any(isinstance(found, dict) and _names(found) in HUB_MODULES for _, found in _walk(config))


def _walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every dict and string inside ``value``, however deep, with the key it stands under (lists do not count)."""
    pending = [("", value)]
    while pending:
        key, found = pending.pop()
        if isinstance(found, list):
            pending += [(key, item) for item in found if isinstance(item, (dict, list, str))]
        elif isinstance(found, dict):
            pending += found.items()
        if isinstance(found, (dict, str)):
            yield key, found


def _names(found: dict[str, Any]) -> tuple[Any, Any, Any]:
    return found.get("module"), found.get("class_name"), found.get("registered_name")


def _text_faults(key: str, text: str) -> Iterator[str]:
    """Strings that Keras would look up: names of activations, and of objects in its registry."""
    if REGISTERED.fullmatch(text) and (key, text) != ("registered_name", HUB_NAME):
        yield f"the registered object {text!r}"
    if key.endswith("activation") and text not in ACTIVATIONS:
        yield f"the activation {text!r}"


def _value_faults(found: dict[str, Any]) -> Iterator[str]:
    """A shape, slice or array of numbers, which Keras rebuilds by itself."""
    kind, config = found["class_name"], found.get("config")
    if found.keys() != {"class_name", "config"} or not isinstance(config, dict) or config.keys() != VALUES[kind]:
        yield f"an unusual {kind}"
    elif "dtype" in config and str(config["dtype"]) not in DTYPES:
        yield f"{kind} of type {config['dtype']!r}"


def _object_faults(found: dict[str, Any]) -> Iterator[str]:
    """A layer, operation, initializer or the like. Keras looks for its registered name first, then for module and name."""
    module, name, registered = names = _names(found)
    what = f"{module}.{name}"
    if not isinstance(module, str) or not isinstance(name, str) or not isinstance(found.get("config"), dict):
        yield f"{what}, which is no Keras layer"
    elif names not in HUB_MODULES and name not in OBJECTS.get(module, ()):
        yield f"{what}, which {_reason(module, name)}"
    elif names not in HUB_MODULES and registered not in (None, name):
        yield f"{what} under the name {registered!r}"
    elif found.keys() - OBJECT_KEYS:
        yield f"{what} with {sorted(found.keys() - OBJECT_KEYS)}"
    elif found.get("compile_config"):
        yield "the state of an optimizer or a loss"
    elif not _are_nodes(found.get("inbound_nodes", [])):
        yield f"{what} in the notation of Keras 2"
    elif name == "Split" and _parts(found["config"].get("indices_or_sections")) > MOST_PARTS:
        yield f"{what} into more than {MOST_PARTS} parts"


def _reason(module: str, name: str) -> str:
    known = REFUSED_LAYERS.get(name) if module.split(".")[0] == "keras" else None
    return known or "is not on the list of allowed objects"


def _are_nodes(nodes: Any) -> bool:
    """How a layer is called; a list instead of a dict would be the notation of Keras 2, which other, older code reads."""
    return isinstance(nodes, list) and all(isinstance(node, dict) and node.keys() == {"args", "kwargs"} for node in nodes)


def _parts(sections: Any) -> int:
    return len(sections) + 1 if isinstance(sections, (dict, list)) else sections if isinstance(sections, int) else 1


def _calls(found: Any) -> int:
    """How much work it is to build what is in ``found``, in calls of layers and operations.

    A model calls all of its own whenever it is called. While a Sequential is built, it calls those that are there again with every layer
    that is added, for a quarter of what the first call costs. Layers of attention hold several others.
    """
    if isinstance(found, list):
        return sum(map(_calls, found))
    if not isinstance(found, dict):
        return 0
    inside = sum(map(_calls, found.values()))
    if not _is_called(found):
        return inside
    if found["class_name"] == "Sequential":
        inside += inside * len(found["config"].get("layers", ())) // 8
    return (inside + (5 if "Attention" in found["class_name"] else 1)) * max(1, len(found.get("inbound_nodes", ())))


def _is_called(found: dict[str, Any]) -> bool:
    name = found.get("class_name", "DTypePolicy")
    return name != "DTypePolicy" and name not in VALUES and found.get("module") not in PARTS
