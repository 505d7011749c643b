"""Photos as people have them → a table of samples, a split, and decoded pixels. Neither Keras nor TensorFlow is imported here."""

from tltool.lookup import lazy

__getattr__, __all__ = lazy(
    __name__,
    {
        "decode": "decoder",
        "clear_cache": "inventory",
        "decode_once": "pixels",
        "decode_own": "pixels",
        "decode_sample": "pixels",
        "find_alike": "likeness",
        "find_doubts": "doubts",
        "group_by": "groups",
        "list_inputs": "inputs",
        "list_photos": "requests",
        "load_inputs": "inputs",
        "load_own": "inputs",
        "load_signals": "signals",
        "location": "cache",
        "look_at": "looks",
        "read_inputs": "inputs",
        "read_photos": "folder",
        "read_signals": "signals",
        "read_split": "splits",
        "require_known": "splits",
        "settle_split": "run_split",
        "split": "splits",
        "split_for_training": "splits",
        "take_stock": "inventory",
        "warn_of_seen": "splits",
        "write_digits": "digits",
        "write_processes": "processes",
        "write_split": "splits",
    },
)
