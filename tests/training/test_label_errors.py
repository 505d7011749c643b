"""Labels in doubt: which photos are asked about, and that the answers name the right rows and classes."""

import numpy as np
import pandas
import pytest

from tltool.data.duplicates.near import Group
from tltool.data.samples import COLUMNS, Samples
from tltool.training import suspect_labels

CENTRES = {"ant": (0, 0, 9), "bee": (9, 0, 0), "cat": (0, 9, 0), "dog": (9, 9, 9)}


def photos(*labels: str, truth: dict[int, str] = {}) -> tuple[np.ndarray, Samples]:  # noqa: B006 - read only
    """Features around a centre per class, and the samples; row i is truly ``truth[i]`` whatever its label."""
    rows = [(f"/{i}.jpg", f"content {i}", label, "", "") for i, label in enumerate(labels)]
    centres = np.array([CENTRES[truth.get(i, label)] for i, label in enumerate(labels)], dtype=np.float32)
    features = centres + np.random.default_rng(0).normal(0, 1, (len(labels), 3)).astype(np.float32)
    return features, Samples(pandas.DataFrame(rows, columns=list(COLUMNS), dtype=object), sorted(set(labels)))


def test_swapped_labels_come_first_with_the_class_that_they_are() -> None:
    features, samples = photos(*["ant"] * 20, *["bee"] * 20, *["cat"] * 20, truth={3: "cat", 25: "ant"})
    doubts = suspect_labels(features, samples)
    assert {(doubt.row, samples.classes[doubt.given], samples.classes[doubt.suggested]) for doubt in doubts[:2]} == {
        (3, "ant", "cat"),
        (25, "bee", "ant"),
    }


def test_a_class_of_too_few_photos_is_left_out_and_the_others_keep_their_names() -> None:
    features, samples = photos(*["ant"] * 4, *["bee"] * 20, *["cat"] * 3, *["dog"] * 20, truth={7: "dog", 30: "bee"})
    doubts = suspect_labels(features, samples)
    assert {(doubt.row, samples.classes[doubt.given], samples.classes[doubt.suggested]) for doubt in doubts[:2]} == {
        (7, "bee", "dog"),
        (30, "dog", "bee"),
    }
    assert {samples.classes[doubt.given] for doubt in doubts} <= {"bee", "dog"}


def test_a_wrong_label_is_not_vouched_for_by_its_own_copies() -> None:
    features, samples = photos(*["ant"] * 20, *["bee"] * 20, truth=dict.fromkeys(range(4), "bee"))
    features[1:4] = features[0]
    alike = [Group(0, [0, 1, 2, 3], [1.0] * 4)]
    assert {doubt.row for doubt in suspect_labels(features, samples, alike)} >= {0, 1, 2, 3}


def test_where_nothing_can_be_said_nothing_is(caplog: pytest.LogCaptureFixture) -> None:
    assert suspect_labels(*photos(*["ant"] * 20, *["bee"] * 4)) is None and "Nothing is said of them" in caplog.text
