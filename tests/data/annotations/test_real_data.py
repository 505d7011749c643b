"""Sets that others have labelled, read whole."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import real_data

from tltool.data.annotations.cells import parse, write
from tltool.data.annotations.class_masks import class_map
from tltool.data.annotations.findings import faults_of
from tltool.data.annotations.folder import read_annotated
from tltool.data.annotations.table import as_samples
from tltool.errors import DataError


def test_two_hundred_photos_of_raccoons_have_217_boxes() -> None:
    annotated = read_annotated(real_data.require("data/raccoon"))
    assert (len(annotated), annotated.amounts(), annotated.faults) == (200, {"raccoon": (217, 200)}, [])
    assert annotated.tasks == ("detect",)
    first = next(truth for photo, truth in zip(annotated.photos, annotated.truths) if Path(photo.path).stem == "raccoon-1")
    assert first.boxes[0].corners == (80, 87, 522, 408)  # VOC counts from 1, and includes the last
    assert [(finding.name, len(finding.cases)) for finding in faults_of(annotated)] == [("one photo with two sets of labels", 4)]


def test_raccoons_that_are_alone_can_be_localized() -> None:
    annotated = read_annotated(real_data.require("data/raccoon"), "localize")
    assert (len(annotated), len(annotated.faults), annotated.tasks) == (184, 16, ("detect", "localize"))


def test_nuclei_are_instances_or_segments_as_one_says() -> None:
    folder = real_data.require("data/nuclei")
    with pytest.raises(DataError, match="`--task instances` or `--task segment`"):
        read_annotated(folder)
    instances, segments = read_annotated(folder, "instances"), read_annotated(folder, "segment")
    assert (len(instances), len(segments)) == (160, 160) and instances.amounts() == {"nucleus": (4400, 160)}
    assert Counter(instances.parts) == Counter(segments.parts) == {"train": 120, "test": 40}
    assert segments.classes == ["background", "nucleus"]
    for truth, whole in [*zip(instances.truths, segments.truths)][::20]:
        united = np.any([truth.mask(i) for i in range(len(truth.instances))], axis=0)
        assert whole.areas
        np.testing.assert_array_equal(united, class_map(whole.areas, whole.width, whole.height, segments.classes))


def test_a_mouse_has_four_points_in_116_frames() -> None:
    annotated = read_annotated(real_data.require("data/mouse"))
    assert (len(annotated), annotated.points) == (116, ("snout", "leftear", "rightear", "tailbase"))
    assert annotated.tasks[0] == "landmarks" and faults_of(annotated) == []
    points = np.array([truth.coordinates(0, annotated.points) for truth in annotated.truths])
    assert points.shape == (116, 4, 2) and np.isfinite(points).all()
    assert points[0, 0].tolist() == [21.52, 265.43]


@pytest.mark.parametrize(("name", "task"), [("raccoon", "detect"), ("nuclei", "instances"), ("nuclei", "segment"), ("mouse", "landmarks")])
def test_every_real_truth_survives_a_cell_of_the_table_of_samples(name: str, task: str) -> None:
    annotated = read_annotated(real_data.require(f"data/{name}"), task)
    samples = as_samples(annotated, task)
    cells = samples.table["label"]
    names = annotated.points if task == "landmarks" else annotated.classes
    assert (samples.classes, samples.table["split"].tolist()) == (sorted(names), annotated.parts)
    assert [parse(cell) for cell in cells] == annotated.truths
    assert [write(parse(cell)) for cell in cells] == cells.tolist()
