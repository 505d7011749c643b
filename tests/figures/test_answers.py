"""Answers as pictures, a file for each."""

import pytest

from tltool.errors import SpecError
from tltool.evaluation.predictors import Predictor
from tltool.figures.answers import require_drawable, unique_names


def test_photos_of_one_name_have_pictures_of_several() -> None:
    names = unique_names(["/a/x.jpg", "/b/X.png", "/a/x-2.jpg", "/c/x.jpg", "/a/y.tar.gz"], ".png")
    assert names == ["x.png", "X-2.png", "x-2-2.png", "x-3.png", "y.tar.png"]


@pytest.mark.parametrize(("task", "draw", "masks", "refused"), [("classify", True, False, "--draw"), ("detect", True, True, "--masks")])
def test_what_a_model_cannot_draw_is_refused(tmp_path, task: str, draw: bool, masks: bool, refused: str) -> None:
    predictor = Predictor(["a"], 8, "pad", lambda photos: photos, task=task)
    with pytest.raises(SpecError, match=f"{refused} must go with a model that"):
        require_drawable(predictor, tmp_path / "drawn" if draw else None, tmp_path / "masks" if masks else None)
