"""Whether boxes that overlap are one object."""

from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.tasks.detect import measures
from tltool.tasks.detect.doubles import APART, SAME, best_trial, without_doubles


def photo(*lefts: float) -> Truth:
    """Boxes of which each is surer than those behind it."""
    boxes = (Box("a", left, 10, left + 40, 50, score=0.9 - place / 10) for place, left in enumerate(lefts))
    return Truth(200, 80, tuple(map(Instance, boxes)))


def test_doubles_go_where_one_object_is_found_twice_and_stay_where_there_are_two() -> None:
    one, two = [photo(10, 120)], [photo(10, 16)]
    found_twice = best_trial([photo(10, 14, 120)], one, ["a"])
    assert (found_twice.limit, found_twice.ap) == (SAME, 1)
    assert (best_trial(two, two, ["a"]).limit, best_trial(two, two, ["a"]).ap) == (APART, 1)


def test_the_score_that_chooses_epochs_is_what_answers_will_be_worth() -> None:
    assert measures.score([photo(10, 120)], [photo(10, 14, 120)], ["a"]) == 1  # type: ignore[arg-type]
    assert measures.measure([photo(10, 120)], [photo(10, 14, 120)], ["a"], "test")["ap"] < 1  # type: ignore[arg-type]


def test_where_both_are_as_good_there_are_fewer_boxes() -> None:
    assert best_trial([photo(10)], [photo(10)], ["a"]).limit == SAME
    assert [len(its.boxes) for its in without_doubles([photo(10, 11), photo(10)], SAME)] == [1, 1]
