"""A box is located as any number of them are found: the map, the loss and the targets are those of ``tasks.detect``."""

from tltool.tasks.detect.head import (
    ON_MAP as ON_MAP,
    attach as attach,
    fits as fits,
    loss as loss,
    metric as metric,
    solve as solve,
    targets as targets,
)
