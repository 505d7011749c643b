"""A box is located as any number of them are found, and leaves an export as they do."""

from tltool.tasks.detect.outputs import NAMES as NAMES, classes as classes, join as join, parts as parts
