"""Objects that are too small for the square, or cut away by it."""

from dataclasses import replace

import numpy as np
import pandas
import pytest

from tltool.checks.evidence import Evidence
from tltool.checks.objects import small_objects, warn_of_cut
from tltool.data.annotations.cells import write
from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.data.samples import COLUMNS, Samples


def samples_of(*boxes: tuple[float, float, float, float], width: int = 1000, height: int = 500) -> Samples:
    truths = [Truth(width, height, (Instance(Box.of("cat", box)),)) for box in boxes]
    rows = [(f"{i}.png", str(i), write(truth), "", "") for i, truth in enumerate(truths)]
    return Samples(pandas.DataFrame(rows, columns=list(COLUMNS), dtype=object), ["cat"], task="detect")


def found_in(samples: Samples, size: int | None):
    return small_objects(Evidence(samples, None, [], size=size))


def test_objects_that_the_square_makes_tiny_are_found_with_the_size_that_would_do() -> None:
    finding = found_in(samples_of((0, 0, 20, 400), (0, 0, 300, 300)), 224)
    assert finding.verdict == "warn" and "50% of 2 objects" in finding.says and "--size 448 it would be 0%" in finding.says
    assert [case.paths for case in finding.cases] == [("0.png",)]


def test_large_objects_and_no_size_are_nothing_to_look_at() -> None:
    assert found_in(samples_of((0, 0, 300, 300)), 224).verdict == "ok"
    assert found_in(samples_of((0, 0, 3, 3)), None) is None


@pytest.mark.parametrize(
    ("box", "fit", "warned"), [((0, 0, 300, 300), "crop", True), ((300, 0, 600, 300), "crop", False), ((0, 0, 300, 300), "pad", False)]
)
def test_objects_that_a_crop_cuts_away_are_counted(caplog: pytest.LogCaptureFixture, box: tuple, fit: str, warned: bool) -> None:
    warn_of_cut(samples_of(box), fit)
    assert [message.startswith("--fit crop cuts more than a tenth off 1 of 1 object") for message in caplog.messages] == [True] * warned


def test_how_much_is_cut_is_that_of_counted_pixels() -> None:
    from tltool.checks.objects import _within_centre

    random = np.random.default_rng(0)
    for _ in range(20):
        left, top, right, bottom = (int(value) for value in (*random.integers(0, 30, 2), *random.integers(30, 60, 2)))
        mask = np.zeros((60, 100), bool)
        mask[top:bottom, left:right] = True
        assert _within_centre(100, 60, Box("cat", left, top, right, bottom)) == mask[:, 20:80].sum()


def test_fewer_tiles_than_pixels_are_named_too() -> None:
    small = samples_of((0, 0, 20, 400))
    says = found_in(small, 224).says
    assert says.endswith("; with --size 448 it would be 0%; with --tiles 2 it would be 0%.")
    cut = small_objects(Evidence(small, None, [], size=224, tiles=2))
    assert cut.verdict == "ok" and "--tiles" not in cut.says
    assert "with --tiles 3" in found_in(samples_of((0, 0, 15, 400)), 224).says


def test_tiles_are_not_named_where_the_task_knows_none() -> None:
    assert "--tiles" not in found_in(replace(samples_of((0, 0, 20, 400)), task="localize"), 224).says
