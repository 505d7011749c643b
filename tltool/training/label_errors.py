"""Labels that a photo's own features contradict, by a classifier that has not learned from the photo."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from tltool.data.duplicates.near import Group
from tltool.data.label_errors import Doubt, find_label_errors
from tltool.data.samples import Samples
from tltool.data.splitting.groups import number_groups
from tltool.progress import warn
from tltool.training.probe import out_of_fold

FOLDS = 5  # so that every answer comes from four fifths of the photos


def suspect_labels(features: np.ndarray, samples: Samples, alike: Sequence[Group] = ()) -> list[Doubt] | None:
    """The photos whose label is in doubt, worst first: see ``find_label_errors``, on the out-of-fold probabilities of a linear probe.

    Photos of one content, group or look share a fold, so that no copy vouches for another. Classes of fewer than five independent
    photos are left out, as nothing can be said of them.

    Args:
        features: float32 [n, d] from a frozen backbone that has not learned these labels, row i for row i of the samples' table.

    Returns:
        None where fewer than two classes have photos enough.
    """
    groups, labels = number_groups(samples, [group.rows for group in alike]), samples.labels
    classes = _large_enough(labels, groups)
    if len(classes) < 2:
        warn(
            f"Labels can be doubted where two classes have {FOLDS} different photos or more, and here {len(classes)} ha"
            f"{'s' if len(classes) == 1 else 've'}. Nothing is said of them."
        )
        return None
    rows = np.flatnonzero(np.isin(labels, classes))
    known = np.searchsorted(classes, labels[rows])  # class indices without the classes left out
    probabilities = out_of_fold(features[rows], known, len(classes), FOLDS, groups[rows])
    return [
        doubt._replace(row=int(rows[doubt.row]), given=int(classes[doubt.given]), suggested=int(classes[doubt.suggested]))
        for doubt in find_label_errors(probabilities, known)
    ]


def _large_enough(labels: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Class indices, ascending, of at least ``FOLDS`` different groups."""
    seen = defaultdict(set)
    for label, group in zip(labels.tolist(), groups.tolist()):
        seen[label].add(group)
    return np.array(sorted(label for label, its in seen.items() if len(its) >= FOLDS), dtype=np.int64)
