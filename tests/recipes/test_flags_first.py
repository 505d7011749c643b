"""Every wish that cannot be met is refused before a photo is decoded. The photos here begin like photos and are none, which only decoding
finds out: whatever is said of them would be said too late."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas
import pytest

from tltool import check, compare, finetune, initializers, predict, scratch, visualize
from tltool.data.samples import COLUMNS
from tltool.errors import TltoolError
from tltool.runs import Run
from tltool.specs import Backbone, Comparison, ConvStack, Head, Photos


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 files in three class folders that begin like JPEG files and end there; a split of other photos beside them."""
    folder = tmp_path_factory.mktemp("begun")
    for name in ("cat", "dog", "owl"):
        (folder / "photos" / name).mkdir(parents=True)
        for i in range(4):
            (folder / "photos" / name / f"{i}.jpg").write_bytes(b"\xff\xd8\xff\xe0\0\x10JFIF\0" + f"{name}{i}".encode())
    others = pandas.DataFrame([("/elsewhere/1.jpg", "0" * 64, "cat", "", "train")], columns=list(COLUMNS))
    others.to_csv(folder / "others.csv", index=False)
    (folder / "broken.csv").write_text("path\nx\n", encoding="utf-8")
    return folder


MOBILE = {"name": "mobilenet_025"}
WISHES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a layer that is not there": (
        lambda p: finetune(Photos(data=p / "photos"), Backbone(**MOBILE, unfreeze="conv_pw_l"), dry_run=True),
        r"^Backbone\.unfreeze must be all, none, a number or a layer of the backbone: .*conv_pw_9",
    ),
    "more layers than there are": (
        lambda p: finetune(Photos(data=p / "photos"), Backbone(**MOBILE, unfreeze=999), dry_run=True),
        r"^Backbone\.unfreeze must be at most the backbone's \d+ layers",
    ),
    "nothing but batch norm": (
        lambda p: finetune(Photos(data=p / "photos"), Backbone(**MOBILE, unfreeze=1), dry_run=True),
        r"^Backbone\.unfreeze must reach more than batch norm",
    ),
    "a learning curve of too few photos": (
        lambda p: finetune(Photos(data=p / "photos"), Backbone(**MOBILE), learning_curve=True),
        r"^learning_curve needs \d+ training photos .*Received: 12 in all",
    ),
    "more folds than photos": (
        lambda p: finetune(Photos(data=p / "photos"), Backbone(**MOBILE), folds=13),
        r"^folds must be 2 or more, and at most .*, 12\. Received: 13",
    ),
    "two-class heads for three": (
        lambda p: finetune(Photos(data=p / "photos"), Backbone(**MOBILE), Head(output="sigmoid"), dry_run=True),
        r"^Head\.output sigmoid must go with two classes",
    ),
    "the same from scratch": (
        lambda p: scratch(Photos(data=p / "photos"), head=Head(output="sigmoid")),
        r"^Head\.output sigmoid must go with two classes",
    ),
    "the same of initializers": (
        lambda p: initializers(p / "photos", ConvStack(filters=(4,)), Head(output="sigmoid")),
        r"^Head\.output sigmoid must go with two classes",
    ),
    "a split of other photos": (
        lambda p: finetune(Photos(data=p / "photos", split=p / "others.csv"), Backbone(**MOBILE)),
        r"^Photos\.split must know some of the photos",
    ),
    "the same with scratch": (lambda p: scratch(Photos(data=p / "photos", split=p / "others.csv")), r"^Photos\.split must know some"),
    "the same with compare": (lambda p: compare(Photos(data=p / "photos", split=p / "others.csv")), r"^Photos\.split must know some"),
    "a split that is none": (
        lambda p: finetune(Photos(data=p / "photos", split=p / "broken.csv"), Backbone(**MOBILE)),
        r"^A split must have the columns",
    ),
    "groups that no photo has": (lambda p: finetune(Photos(data=p / "photos", group_by="patient"), Backbone(**MOBILE)), r"group"),
    "a stack that does not fit": (
        lambda p: scratch(Photos(data=p / "photos", size=16), ConvStack(conv=("8@3/2",) * 6, padding="valid")),
        r"(?s)block|Block",
    ),
    "causal padding for photos": (lambda p: compare(Photos(data=p / "photos"), ConvStack(padding="causal")), r"padding"),
    "too small a size": (
        lambda p: finetune(Photos(data=p / "photos", size=32), Backbone(name="xception")),
        r"^Photos\.size must be at least 71",
    ),
    "the same with check": (lambda p: check(p / "photos", backbone="xception", size=32), r"^size must be at least 71"),
    "the same with compare, too": (
        lambda p: compare(Photos(data=p / "photos", size=32), comparison=Comparison(backbone="xception")),
        r"^Photos\.size must be at least 71",
    ),
    "a page in no folder": (lambda p: check(p / "photos", report=p / "none" / "x.html"), r"^report must"),
    "a hub module of no form": (
        lambda p: finetune(Photos(data=p / "photos"), Backbone(name="hub:mobilenet-v2")),
        r"^A hub handle must be .* give Backbone\.name mobilenet_v2\.",
    ),
}


@pytest.mark.parametrize("wish", WISHES)
def test_a_wish_that_cannot_be_met_is_refused_before_a_photo_is_decoded(
    wish: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, message = WISHES[wish]
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TltoolError, match=message) as error:
        ask(data)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"layer": "conv_9"}, "^layer must be a convolution"),
        ({"filter": 999}, "^filter must be a filter of"),
        ({"explain_window": "900,900"}, "^explain_window must be ROW,COL"),
        ({"explain_window": "1,1", "filter": 999}, "^filter must be a filter of"),
    ],
)
def test_nothing_is_decoded_to_look_into_a_layer_that_is_not_there(wish: dict[str, Any], message: str, run: Run, data: Path) -> None:
    with pytest.raises(TltoolError, match=message):
        visualize(run, data / "photos" / "cat", **wish)


def test_no_photo_is_decoded_to_name_no_class(run: Run, data: Path) -> None:
    with pytest.raises(TltoolError, match=r"^top must be greater than or equal to 1"):
        predict(run, data / "photos", top=0)
