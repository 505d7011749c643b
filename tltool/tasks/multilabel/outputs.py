"""One probability per label leaves an export as one per class does."""

from tltool.tasks.classify.outputs import NAMES as NAMES, classes as classes, join as join, parts as parts
