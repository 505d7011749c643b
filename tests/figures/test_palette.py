"""The colours of classes."""

from tltool.figures.palette import AGAIN, HUES, hue_of, rgb


def test_many_classes_have_colours_of_their_own_and_the_first_are_those_of_the_palette() -> None:
    assert tuple(hue_of(place) for place in range(len(HUES))) == HUES
    assert len({rgb(hue_of(place)) for place in range(len(HUES) * len(AGAIN))}) == len(HUES) * len(AGAIN)
    assert hue_of(len(HUES) * len(AGAIN)) == HUES[0] and rgb("#0a10ff") == (10, 16, 255)
