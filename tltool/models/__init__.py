"""Backbones, stacks, heads and the whole they make: everything that is a ``keras.Model`` or becomes part of one."""

from typing import TYPE_CHECKING

from tltool.lookup import lazy

if TYPE_CHECKING:
    from tltool.models.assembly import assemble as assemble
    from tltool.models.describe import (
        describe_model as describe_model,
        describe_stack as describe_stack,
        require_one_subject as require_one_subject,
    )
    from tltool.models.devices.compiling import compiled_or_not as compiled_or_not
    from tltool.models.devices.device import use_device as use_device
    from tltool.models.devices.trial import try_device as try_device
    from tltool.models.freezing import warn_of_large_head as warn_of_large_head
    from tltool.models.inference import Inference as Inference
    from tltool.models.kept_weights import look_at_weights as look_at_weights
    from tltool.models.listings import list_backbones as list_backbones, list_layers as list_layers
    from tltool.models.normalization import normalize as normalize
    from tltool.models.saving.store import load_model as load_model, save_model as save_model
    from tltool.models.sources import (
        native_size as native_size,
        open_backbone as open_backbone,
        require_size as require_size,
        settle_size as settle_size,
        tell_classes as tell_classes,
    )
    from tltool.models.stack.causality import describe_reach as describe_reach
    from tltool.models.stack.conv_stack import build_stack as build_stack
    from tltool.models.stack.shapes import resolve_stack as resolve_stack
    from tltool.models.summary.dense_baseline import dense_baseline as dense_baseline
else:
    __getattr__, __dir__, __all__ = lazy(__name__, __file__)
