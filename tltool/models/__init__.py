"""Backbones, stacks, heads and the whole they make: everything that is a ``keras.Model`` or becomes part of one."""

from tltool.lookup import lazy

__getattr__, __all__ = lazy(__name__, {
    "assemble": "assembly",
    "build_stack": "conv_stack",
    "freeze_plan": "freezing",
    "list_backbones": "listings",
    "list_layers": "listings",
    "load_model": "store",
    "native_size": "sources",
    "open_backbone": "sources",
    "require_size": "sources",
    "save_model": "store",
    "use_device": "device",
    "warn_of_large_head": "freezing",
})
