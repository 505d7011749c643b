"""Objects of a photo, as text and as numbers."""

from tltool.tasks.annotated import (
    ANNOTATED as ANNOTATED,
    COLUMN as COLUMN,
    EXCLUSIVE as EXCLUSIVE,
    FIT as FIT,
    POINTED as POINTED,
    WORD as WORD,
    encode as encode,
    frames as frames,
    join as join,
    may_flip as may_flip,
    names as names,
    rarest as rarest,
    read as read,
    recognize as recognize,
)
