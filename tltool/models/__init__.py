"""Backbones, stacks, heads and the whole they make: everything that is a ``keras.Model`` or becomes part of one."""

from tltool.lookup import lazy

__getattr__, __all__ = lazy(
    __name__,
    {
        "assemble": "assembly",
        "build_stack": "conv_stack",
        "compiled_or_not": "devices.compiling",
        "describe_model": "subjects",
        "describe_stack": "subjects",
        "dense_counterpart": "counterpart",
        "describe_reach": "causality",
        "list_backbones": "listings",
        "list_layers": "listings",
        "load_model": "store",
        "look_at_weights": "kept_weights",
        "native_size": "sources",
        "open_backbone": "sources",
        "require_one_subject": "subjects",
        "resolve_stack": "layout",
        "require_reach": "freezing",
        "require_size": "sources",
        "save_model": "store",
        "standardise": "standardisation",
        "tell_classes": "sources",
        "try_device": "devices.trial",
        "use_device": "devices.device",
        "warn_of_large_head": "freezing",
    },
)
