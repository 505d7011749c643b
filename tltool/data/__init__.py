"""Photos as people have them → a table of samples, a split, and decoded pixels. Neither Keras nor TensorFlow is imported here."""

from tltool.lookup import lazy

__getattr__, __all__ = lazy(__name__, {
    "decode": "decoder",
    "decode_once": "cache",
    "decode_own": "cache",
    "keep_split": "kept_split",
    "list_photos": "requests",
    "read_photos": "folder",
    "read_split": "splits",
    "split": "splits",
    "split_for_training": "splits",
    "warn_of_seen": "splits",
    "write_digits": "digits",
    "write_split": "splits",
})
