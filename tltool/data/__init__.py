"""Photos as people have them → a table of samples, a split, and decoded pixels. Neither Keras nor TensorFlow is imported here."""

from typing import TYPE_CHECKING

from tltool.lookup import lazy

if TYPE_CHECKING:
    from tltool.data.cache.inventory import clear_cache as clear_cache, take_stock as take_stock
    from tltool.data.cache.storage import location as location
    from tltool.data.decoding.decoder import decode as decode
    from tltool.data.duplicates.near import find_near_duplicates as find_near_duplicates
    from tltool.data.examples.digits import write_digits as write_digits
    from tltool.data.examples.processes import write_processes as write_processes
    from tltool.data.examples.scenes import write_scenes as write_scenes
    from tltool.data.inputs import list_inputs as list_inputs, load_inputs as load_inputs, load_own as load_own, read_inputs as read_inputs
    from tltool.data.label_errors import find_label_errors as find_label_errors
    from tltool.data.named_points import say_of_points as say_of_points
    from tltool.data.photos import read_photos as read_photos
    from tltool.data.pixels import decode_once as decode_once, decode_own as decode_own, decode_sample as decode_sample
    from tltool.data.reading.paths import list_photos as list_photos
    from tltool.data.reading.signals import load_signals as load_signals, read_signals as read_signals
    from tltool.data.samples import require_exclusive as require_exclusive
    from tltool.data.splitting.groups import group_by as group_by
    from tltool.data.splitting.run_split import settle_split as settle_split
    from tltool.data.splitting.splits import (
        read_split as read_split,
        require_known as require_known,
        split as split,
        split_for_training as split_for_training,
        warn_of_seen as warn_of_seen,
        write_split as write_split,
    )
    from tltool.data.thumbnails import make_thumbnails as make_thumbnails
    from tltool.data.tiled import cut_into_tiles as cut_into_tiles, require_tiles as require_tiles
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
