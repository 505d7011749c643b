"""The audit: every finding on photos made to have it and on photos that do not, and the CSV without the bad ones."""

import csv
import json
import logging
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from tltool import DataError
from tltool.checks.check import check_photos, checks_for, warn_of_findings
from tltool.checks.clean import write_clean
from tltool.checks.evidence import Evidence
from tltool.checks.findings import Case, Checks, Finding, inside
from tltool.checks.photos import outliers
from tltool.data.decoding.decoder import Facts
from tltool.data.duplicates.near import Group, find_near_duplicates
from tltool.data.photos import read_photos
from tltool.data.samples import COLUMNS, Fault, Samples
from tltool.data.thumbnails import Thumbnails, make_thumbnails


class Photo(NamedTuple):
    label: str = "cat"
    content: str = ""
    split: str = ""
    group: str = ""
    width: int = 400
    height: int = 300
    ending: str = ".jpg"
    format: str = "JPEG"
    orientation: int = 1
    pixels: int | None = None  # every pixel of the thumbnail; None is noise in colour
    depth: int = 8
    greys: tuple[int, int, int] = (200, 10, 240)  # how many there are, the darkest, the brightest
    alpha: int = 255
    damage: str = ""
    path: str = ""  # below /photos/LABEL; "" for one by number


def evidence(*photos: Photo, alike: list[Group] = (), doubts=None, size: int | None = None, **facts) -> Evidence:
    rows = [
        (
            f"/photos/{photo.label}/{photo.path}" if photo.path else f"/photos/{i}{photo.ending}",
            photo.content or f"content {i}",
            photo.label,
            photo.group,
            photo.split,
        )
        for i, photo in enumerate(photos)
    ]
    samples = Samples(pandas.DataFrame(rows, columns=list(COLUMNS), dtype=object), sorted({photo.label for photo in photos}), **facts)
    noise = np.random.default_rng(0).integers(0, 256, (len(photos), 32, 32, 3), dtype=np.uint8)
    for thumbnail, photo in zip(noise, photos):
        if photo.pixels is not None:
            thumbnail[:] = photo.pixels
    stored = [
        Facts(photo.format, photo.width, photo.height, "RGB", photo.orientation, photo.depth, *photo.greys, photo.alpha, photo.damage)
        for photo in photos
    ]
    thumbnails = Thumbnails(noise, pandas.DataFrame(stored, columns=list(Facts._fields)))
    return Evidence(samples, thumbnails, list(alike), doubts, size)


def found(name: str, evidence: Evidence) -> Finding:
    function = next(function for function in checks_for("classify") if function.__name__ == name)
    return function(evidence)


def seen(finding: Finding) -> list[tuple[str, ...]]:
    return [tuple(os.path.basename(path).partition(".")[0] for path in case.paths) for case in finding.cases]


def some(n: int, label: str, **facts) -> list[Photo]:
    return [Photo(label, **facts) for _ in range(n)]


FINE = [*some(30, "cat"), *some(30, "dog")]


# Every finding


@pytest.mark.parametrize("find", checks_for("classify"), ids=lambda find: find.__name__)
def test_photos_that_are_in_order_have_no_finding(find) -> None:
    finding = find(evidence(*FINE, doubts=[], size=224))
    assert finding is None or (finding.verdict == "ok" and finding.cases == [] and finding.says.endswith("."))


def test_copies_of_a_content_are_grouped_and_weigh_once_they_are_many() -> None:
    finding = found("exact_duplicates", evidence(*FINE, Photo(content="same"), Photo(content="same"), Photo(content="same")))
    assert seen(finding) == [("60", "61", "62")] and finding.verdict == "ok" and finding.facts == {"surplus": 2}
    assert found("exact_duplicates", evidence(*FINE, *some(9, "dog", content="same"))).verdict == "warn"


def test_near_duplicates_leave_out_what_is_an_exact_copy() -> None:
    photos = [Photo(content="a"), Photo(content="a"), Photo(content="b"), Photo(content="b"), *FINE]
    alike = [Group(0, [0, 1, 2, 3], [1.0, 1.0, 0.97, 0.97]), Group(5, [5, 6], [1.0, 0.96])]
    finding = found("near_duplicates", evidence(*photos, alike=alike))
    assert seen(finding) == [("0", "2"), ("5", "6")] and finding.facts == {"surplus": 2, "groups": 2}
    assert "0.97" in finding.cases[0].note
    assert found("near_duplicates", evidence(*photos, alike=[Group(0, [0, 1], [1.0, 1.0])])).cases == []


def test_one_picture_under_two_labels_is_found_exactly_and_nearly() -> None:
    photos = [Photo("cat", "a"), Photo("dog", "a"), Photo("cat", "b"), Photo("cat", "b"), Photo("cat", "c"), Photo("dog", "d"), *FINE]
    finding = found("two_labels", evidence(*photos, alike=[Group(2, [2, 3], [1.0, 1.0]), Group(4, [4, 5], [1.0, 0.96])]))
    assert seen(finding) == [("0", "1"), ("4", "5")] and finding.verdict == "warn"
    assert finding.facts == {"pictures": 2, "exact": 1}
    assert [case.note for case in finding.cases] == ["cat / dog, byte for byte", "cat / dog, likeness 0.96"]


def test_a_copy_is_compared_by_content_even_where_nobody_found_it_alike() -> None:
    photos = [Photo("cat", "a"), Photo("dog", "a"), Photo("cat", "b"), *FINE]
    finding = found("two_labels", evidence(*photos, alike=[Group(0, [0, 2], [1.0, 0.96])]))
    assert ("0", "1") in seen(finding)


def test_the_odd_label_out_is_shown_first() -> None:
    photos = [*some(9, "cat", content="a"), Photo("dog", "a"), *FINE]
    assert seen(found("two_labels", evidence(*photos)))[0][:2] == ("0", "9")


def test_leaks_are_counted_on_the_side_that_is_held_out() -> None:
    photos = [
        *some(20, "cat", split="train"),
        *some(20, "dog", split="train"),
        *some(5, "cat", split="validation"),
        *some(5, "dog", split="test"),
        Photo("cat", "a", "train"),
        Photo("cat", "a", "test"),
        Photo("cat", "b", "train"),
        Photo("cat", "b2", "validation"),
        Photo("cat", "c", "train"),
        Photo("cat", "c", ""),
        Photo("dog", "d", "validation", "me"),
        Photo("dog", "e", "test", "me"),
    ]
    finding = found("leaks", evidence(*photos, alike=[Group(52, [52, 53], [1.0, 0.96])]))
    assert {frozenset(case) for case in seen(finding)} == {frozenset(("50", "51")), frozenset(("52", "53")), frozenset(("56", "57"))}
    assert finding.facts == {
        "validation": {"photos": 7, "in another part": 1, "exactly": 0},
        "test": {"photos": 7, "in another part": 2, "exactly": 1},
    }
    assert finding.verdict == "warn" and finding.cases[0].note == "train / test, byte for byte"
    assert finding.cases[2].note == "validation / test, group me"


def test_a_held_out_part_that_is_mostly_copied_from_train_is_a_stop() -> None:
    photos = [
        *some(30, "cat", split="train"),
        *[Photo("cat", f"{i}", part) for i in range(4) for part in ("train", "test")],
        *some(4, "cat", split="test"),
    ]
    assert found("leaks", evidence(*photos)).verdict == "stop"
    assert found("leaks", evidence(*photos, Photo(split="test"))).verdict == "warn"


@pytest.mark.parametrize(
    ("photos", "facts", "message"),
    [
        (some(30, "cat"), {}, "only one class, 'cat'"),
        (FINE, {"empty": ["owl"]}, "'owl' has no readable photo"),
        ([*some(9, "cat", split="train"), *some(9, "dog", split="test")], {}, "'dog' has no photo in train"),
        ([Photo("cat"), Photo("dog")], {}, "no class has a second photo"),
        ([Photo("cat", "a"), Photo("cat", "a"), Photo("dog")], {}, "no class has a second photo"),
    ],
)
def test_what_no_training_can_start_with_is_a_stop(photos, facts, message) -> None:
    finding = found("classes", evidence(*photos, **facts))
    assert finding.verdict == "stop" and message in finding.says.lower()
    assert ("take the class out" in finding.advice) == message.startswith("'")  # which helps only where it is one class of several


def test_a_class_that_lost_its_last_photo_while_it_was_looked_at_is_a_stop() -> None:
    whole = evidence(*FINE, Photo("owl"), empty=[])
    left = whole.samples.without([Fault("/photos/60.jpg", "is damaged")])
    finding = found("classes", Evidence(left, whole.thumbnails, []))
    assert finding.verdict == "stop" and "'owl'" in finding.says


def test_two_photos_with_a_given_validation_part_can_be_trained_on() -> None:
    photos = [Photo("cat", split="train"), Photo("dog", split="train"), Photo("cat", split="validation")]
    assert found("classes", evidence(*photos)).verdict == "ok"
    assert found("classes", evidence(Photo("cat"), Photo("cat"), Photo("dog"))).verdict == "ok"


def test_class_names_that_a_slip_made_two_are_noticed() -> None:
    finding = found("class_names", evidence(Photo("T-shirt"), Photo("t shirt"), Photo("dog"), Photo("+"), Photo("-")))
    assert finding.verdict == "warn" and [case.note for case in finding.cases] == ["'T-shirt' / 't shirt'"]


def test_small_classes_are_listed_the_smallest_first() -> None:
    finding = found("small_classes", evidence(*FINE, *some(7, "owl"), *some(3, "ant"), *some(20, "bee")))
    assert [case.note for case in finding.cases] == ["ant: 3 photos", "owl: 7 photos"] and finding.verdict == "warn"


def test_imbalance_has_its_ratio_and_the_majority_baseline() -> None:
    finding = found("imbalance", evidence(*some(31, "cat"), *some(10, "dog")))
    assert finding.facts == {"ratio": 3.1, "majority baseline": 0.7561} and finding.verdict == "ok"
    assert finding.brief == "imbalance 3.1 : 1 (majority baseline 0.76)"
    assert found("imbalance", evidence(*some(40, "cat"), *some(4, "dog"))).verdict == "warn"
    assert found("imbalance", evidence(*some(4, "cat"))) is None


@pytest.mark.parametrize("pixels", [0, 128, 255])
def test_blank_photos_of_any_colour_are_found(pixels: int) -> None:
    assert seen(found("blank_photos", evidence(*FINE, Photo(pixels=pixels)))) == [("60",)]


GRADIENT = np.linspace(0, 6, 32 * 32 * 3).reshape(32, 32, 3).astype(np.uint8)  # what little a thermal camera leaves of 16 bits


def of_little_contrast(*photos: Photo) -> Evidence:
    whole = evidence(*FINE, *photos)
    whole.thumbnails.pixels[len(FINE) :] = GRADIENT
    return whole


@pytest.mark.parametrize(
    ("photo", "name"),
    [
        (Photo(depth=16, greys=(17, 0, 16)), "unscaled_photos"),
        (Photo(depth=16, greys=(3, 117, 119)), "flat_photos"),
        (Photo(depth=8, greys=(3, 0, 2)), "flat_photos"),
        (Photo(greys=(1, 255, 255), alpha=0), "invisible_photos"),
    ],
)
def test_what_is_hidden_in_a_photo_is_told_by_its_reason_and_not_as_blank(photo: Photo, name: str) -> None:
    whole = of_little_contrast(photo)
    finding = found(name, whole)
    assert finding.verdict == "warn" and seen(finding) == [("60",)] and finding.advice
    others = {"unscaled_photos", "flat_photos", "invisible_photos", "blank_photos"} - {name}
    assert not [other for other in others if (found(other, whole) or Finding("", "", "")).cases]


@pytest.mark.parametrize(
    "photo",
    [
        Photo(depth=16),
        Photo(depth=16, greys=(40, 0, 60)),
        Photo(depth=12),
        Photo(greys=(2, 0, 255)),
        Photo(greys=(9, 100, 110)),
        Photo(alpha=1),
    ],
)
def test_photos_of_few_bits_or_levels_that_can_be_seen_are_in_order(photo: Photo) -> None:
    for name in ("unscaled_photos", "flat_photos", "invisible_photos"):
        assert found(name, evidence(*FINE, photo)) is None


def test_noise_of_few_levels_is_blank_and_a_black_photo_of_16_bits_too() -> None:
    assert seen(found("blank_photos", evidence(*FINE, Photo(pixels=7, greys=(4, 5, 8)), Photo(depth=16, pixels=0, greys=(1, 0, 0))))) == [
        ("60",),
        ("61",),
    ]


def test_damaged_photos_are_told_with_what_shows_it() -> None:
    finding = found("damaged_photos", evidence(*FINE, Photo(damage="data left over")))
    assert finding.verdict == "warn" and finding.cases == [Case(("/photos/60.jpg",), "data left over")] and finding.cleaned


MASK = (2, 0, 255)


@pytest.mark.parametrize(
    "path",
    [
        "masks/1.png",
        "1_mask.png",
        "benign (1)_mask.png",
        "GT/1.png",
        "1-seg.png",
        "labels/1.png",
        "ground_truth/1.png",
        "1_Segmentation.png",
    ],
)
def test_masks_are_known_by_name_and_look(path: str) -> None:
    finding = found("masks", evidence(*FINE, Photo("cat", path=path, greys=MASK), Photo("cat", path=path.replace("1", "2"))))
    assert finding.verdict == "warn" and [case.paths for case in finding.cases] == [(f"/photos/cat/{path}",)]


@pytest.mark.parametrize(
    "photo",
    [
        Photo("mask", path="1.png", greys=MASK),
        Photo("cat", path="damask/1.png", greys=MASK),
        Photo("cat", path="labelled 1.png", greys=MASK),
        Photo("cat", path="1.png", greys=MASK),
        Photo("cat", path="masks/1.png"),
    ],
)
def test_photos_that_are_only_named_or_only_look_like_masks_are_none(photo: Photo) -> None:
    assert found("masks", evidence(*FINE, photo)).cases == []


def test_masks_saved_as_jpeg_and_empty_ones_are_found_by_their_black_and_white() -> None:
    whole = evidence(*FINE, Photo("cat", path="masks/1.jpg"), Photo("cat", path="masks/2.jpg", pixels=0))
    whole.thumbnails.pixels[60, :, :16], whole.thumbnails.pixels[60, :, 16:] = 2, 252
    assert len(found("masks", whole).cases) == 2 and found("blank_photos", whole).cases == []


def test_where_all_is_drawn_like_masks_they_are_what_is_learned() -> None:
    drawn = [Photo(name, path=f"masks/{i}.png", greys=MASK) for name in ("cat", "dog") for i in range(20)]
    assert found("masks", evidence(*drawn)).cases == []


def test_a_photo_far_longer_than_the_others_is_odd_and_a_landscape_among_portraits_is_not() -> None:
    portraits = some(30, "cat", width=300, height=400)
    others = [Photo(width=width, height=height) for width, height in ((400, 300), (710, 400), (2000, 300), (200, 900))]
    assert seen(found("odd_shapes", evidence(*portraits, *others))) == [("32",), ("33",)]


def test_sizes_far_from_the_usual_are_named_after_turning_upright() -> None:
    finding = found("odd_sizes", evidence(*FINE, Photo(width=40, height=30), Photo(width=300, height=400, orientation=6)))
    assert seen(finding) == [("60",)] and finding.cases[0].note == "40 × 30" and finding.facts["typical"] == [400, 300]


def test_photos_smaller_than_the_model_sees_warn_once_they_are_most() -> None:
    small = found("small_photos", evidence(*FINE, Photo(width=100, height=90), size=224))
    assert seen(small) == [("60",)] and small.verdict == "ok"
    most = found("small_photos", evidence(*FINE, size=301))
    assert most.verdict == "warn" and "--size 288" in most.advice
    tiny = found("small_photos", evidence(*some(30, "cat", width=8, height=8), size=32))
    assert tiny.verdict == "warn" and tiny.advice == ""  # no smaller size would help
    assert found("small_photos", evidence(*FINE)) is None


def test_grey_photos_warn_only_where_they_give_a_class_away() -> None:
    grey = Photo("cat", pixels=90)
    few = found("grey_photos", evidence(*FINE, grey, grey))
    assert seen(few) == [("60",), ("61",)] and few.verdict == "ok"
    telling = found("grey_photos", evidence(*some(30, "dog"), *some(12, "cat", pixels=90), *some(8, "cat")))
    assert telling.verdict == "warn" and "'cat'" in telling.says
    assert found("grey_photos", evidence(*some(18, "dog"), *some(12, "dog", pixels=90), *some(12, "cat", pixels=90))).verdict == "ok"
    assert found("grey_photos", evidence(*some(9, "cat", pixels=90), *some(9, "dog", pixels=9))).cases == []


def test_faults_are_named_with_their_reasons_all_of_them() -> None:
    faults = [Fault(f"/photos/bad {i}.jpg", "is empty") for i in range(500)]
    finding = found("unreadable_files", evidence(*FINE, faults=faults))
    assert len(finding.cases) == 500 and finding.cases[0] == Case(("/photos/bad 0.jpg",), "is empty") and finding.verdict == "warn"


def test_a_wrong_ending_is_a_note_and_a_missing_one_too() -> None:
    photos = [Photo(format="PNG"), Photo(ending=".JPEG"), Photo(ending=""), Photo(ending=".tif", format="TIFF")]
    finding = found("wrong_endings", evidence(*FINE, *photos))
    assert finding.verdict == "ok" and seen(finding) == [("60",), ("62",)] and "1 PNG named .jpg" in finding.says


def test_camera_files_that_are_not_used_warn_and_notes_do_not() -> None:
    assert found("unused_files", evidence(*FINE, ignored={".txt": 2})).verdict == "ok"
    finding = found("unused_files", evidence(*FINE, ignored={".txt": 2, ".heic": 37}))
    assert finding.verdict == "warn" and "37 .heic, 2 .txt" in finding.says


def test_turned_photos_are_counted() -> None:
    assert found("turned_by_exif", evidence(*FINE, Photo(orientation=6), Photo(orientation=3))).facts == {"turned": 2}


def test_doubts_are_told_in_their_order_with_both_names() -> None:
    from tltool.data.label_errors import Doubt

    doubts = [Doubt(40, 1, 0, 0.99), Doubt(3, 0, 1, 0.7)]
    finding = found("label_doubts", evidence(*FINE, doubts=doubts))
    assert seen(finding) == [("40",), ("3",)] and finding.cases[0].note == "dog → cat?" and finding.facts == {"doubts": [0.99, 0.7]}
    assert found("label_doubts", evidence(*FINE)) is None


@given(st.lists(st.integers(-192, 192), min_size=1, max_size=50), st.integers(-5, 5))
def test_outliers_stay_the_same_when_every_photo_is_scaled_alike(steps: list[int], shift: int) -> None:
    values = np.array(steps) / 64  # sums and quarters of these are exact
    assert outliers(values) == outliers(values + shift)
    assert outliers(np.append(values * 0, 0.99)) == []


# The audit as a whole


def of(*findings: Finding, **facts) -> Checks:
    return Checks(60, 2, list(findings), **facts)


STOP, WARN, OK = Finding("classes", "stop", "Bad."), Finding("two labels", "warn", "Odd."), Finding("leaks", "ok", "Fine.")


@pytest.mark.parametrize(
    ("findings", "verdict", "code", "strict"),
    [([OK], "ok", 0, 0), ([OK, WARN], "warn", 0, 1), ([STOP, WARN, OK], "stop", 1, 1), ([], "ok", 0, 0)],
)
def test_the_gravest_verdict_decides_the_exit_code(findings, verdict, code, strict) -> None:
    assert of(*findings).verdict == verdict
    assert (of(*findings).exit_code, of(*findings, strict=True).exit_code) == (code, strict)


def test_the_gravest_findings_come_first_and_each_name_only_once() -> None:
    whole = evidence(*FINE, Photo("owl"), empty=["ant"])
    audit = check_photos(whole.samples, whole.thumbnails, [], [], 224)
    verdicts = [finding.verdict for finding in audit.findings]
    assert verdicts == sorted(verdicts, key=("stop", "warn", "ok").index) and verdicts[0] == "stop"
    assert len({finding.name for finding in audit.findings}) == len(audit.findings)


def test_lists_are_cut_for_people_and_whole_for_machines() -> None:
    cases = [Case(tuple(f"/photos/{i}/{j}.jpg" for j in range(9)), "x") for i in range(100)]
    audit = of(Finding("two labels", "warn", "Odd.", cases), source="/photos")
    told = "\n".join(map(str, audit.said()))
    assert told.count(".jpg") == 12 and "… and 96 more" in told and "… and 6 more" in told and "/photos/0" not in told
    (record,) = audit.records()
    assert len(record["cases"]) == 100 and all(len(case["paths"]) == 9 for case in record["cases"])
    assert record["cases"][0]["paths"][0] == "/photos/0/0.jpg"


def test_every_record_is_json() -> None:
    whole = evidence(*FINE, Photo("owl", pixels=0), Photo("owl", "content 3"), size=500, alike=[Group(0, [0, 1], [1.0, 0.96])])
    for record in check_photos(whole.samples, whole.thumbnails, whole.alike, [], 500).records():
        assert json.loads(json.dumps(record))["finding"] == record["finding"]


@pytest.mark.parametrize(
    ("audit", "step"),
    [
        (of(OK, source="a b"), "tltool finetune --data 'a b'"),
        (of(OK, source="-rf"), "tltool finetune --data ./-rf"),
        (of(WARN, source="p"), "tltool check p --report check.html"),
        (of(STOP, source="p"), "Mend what is marked stop. Then: tltool check p --report check.html"),
        (of(WARN, source=pandas.DataFrame({"path": []})), "tltool check DIR"),
    ],
)
def test_the_last_line_says_what_to_type_next(audit: Checks, step: str) -> None:
    *_, last = audit.said()
    assert last.startswith(f"Verdict: {audit.verdict}.") and step in last


def test_the_quick_form_is_one_line_where_all_is_well(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tltool")
    whole = evidence(*FINE, Photo(content="content 0"), faults=[Fault("/x", "is empty")])
    warn_of_findings(check_photos(whole.samples, whole.thumbnails, []))
    assert caplog.messages[0] == "Checked 61 photos: 1 exact duplicate, imbalance 1.0 : 1 (majority baseline 0.51)"
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_the_quick_form_warns_and_stops(caplog: pytest.LogCaptureFixture) -> None:
    whole = evidence(*FINE, Photo(pixels=3))
    warn_of_findings(check_photos(whole.samples, whole.thumbnails, []))
    assert any("blank photos: 1 photo is of one colour" in message for message in caplog.messages)
    whole = evidence(*some(9, "cat"))
    with pytest.raises(DataError, match=r"only one class.*tltool check here --report"):
        warn_of_findings(check_photos(whole.samples, whole.thumbnails, [], source="here"))


@pytest.mark.parametrize(
    ("path", "source", "short"),
    [
        ("/a/b/c.jpg", "/a", "b/c.jpg"),
        ("/a/b/c.jpg", "/a/list.csv", "b/c.jpg"),
        ("/ab/c.jpg", "/a", "/ab/c.jpg"),
        ("/a/b.jpg", None, "/a/b.jpg"),
        ("/photos.d/c.jpg", "/photos.d", "c.jpg"),
    ],
)
def test_paths_are_shown_from_where_the_photos_lie(path: str, source: str | None, short: str) -> None:
    assert inside(path, source) == short


# The clean CSV, with real files


def noise(seed: int, side: int = 64) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def plant(root: Path, **photos: tuple[int, int]) -> Path:
    """``train__cat__a=(seed, side)`` → a PNG at train/cat/a.png."""
    for name, (seed, side) in photos.items():
        place = root / f"{name.replace('__', '/')}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        noise(seed, side).save(place)
    return root


def cleaned(data: Path, csv_path: Path, **given):
    samples, thumbnails = make_thumbnails(read_photos(data, complete=False))
    return write_clean(samples, thumbnails, find_near_duplicates(thumbnails.pixels), csv_path, **given)


def names_in(csv_path: Path) -> set[str]:
    with open(csv_path, newline="") as file:
        return {"/".join(Path(row["path"]).parts[-3:]) for row in csv.DictReader(file)}


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    root = plant(
        tmp_path / "photos",
        train__cat__a=(1, 64),
        train__cat__a2=(1, 64),
        train__cat__b=(2, 64),
        train__dog__b=(2, 64),
        train__cat__c=(3, 64),
        train__dog__c=(3, 90),
        train__cat__d=(4, 64),
        test__cat__d=(4, 64),
        train__dog__e=(5, 64),
        validation__dog__e=(5, 96),
        train__dog__f=(6, 64),
        train__cat__g=(7, 64),
        test__dog__h=(8, 64),
        validation__cat__i=(9, 64),
        train__cat__i=(9, 64),
    )
    (root / "train" / "cat" / "cut.png").write_bytes((root / "train" / "cat" / "a.png").read_bytes()[:200])
    return root


def test_the_clean_csv_leaves_out_what_is_bad_and_says_how_much(faulty: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in faulty.rglob("*")}
    clean = cleaned(faulty, tmp_path / "clean.csv")
    assert names_in(tmp_path / "clean.csv") == {
        "train/cat/a.png",
        "test/cat/d.png",
        "validation/dog/e.png",
        "train/dog/f.png",
        "train/cat/g.png",
        "test/dog/h.png",
        "validation/cat/i.png",
    }
    assert clean.left_out == {
        "unreadable": 1,
        "of pictures under two labels": 4,
        "exact duplicates": 1,
        "copied from a part that is held out farther": 3,
    }
    assert clean.rows == 7 and clean.lost == [] and "4 of pictures under two labels" in str(clean)
    assert {path: path.stat().st_mtime_ns for path in faulty.rglob("*")} == before


def test_what_is_no_photo_to_learn_from_is_left_out_of_the_clean_csv(tmp_path: Path) -> None:
    root = plant(tmp_path / "photos", cat__a=(1, 64), cat__b=(2, 64), dog__c=(3, 64), dog__d=(4, 64), cat__masks__a=(5, 64))
    Image.new("RGB", (64, 64), "white").save(root / "cat" / "blank.png")
    Image.new("RGB", (64, 64), "black").save(root / "dog" / "black.png")
    unseen = noise(6).convert("RGBA")
    unseen.putalpha(0)
    unseen.save(root / "dog" / "unseen.png")
    mask = Image.new("L", (64, 64))
    mask.paste(255, (9, 9, 40, 50))
    mask.save(root / "cat" / "masks" / "a.png")
    noise(7, 640).save(root / "dog" / "rotten.jpg", quality=90)
    jpeg = bytearray((root / "dog" / "rotten.jpg").read_bytes())
    jpeg[len(jpeg) // 2 : len(jpeg) // 2 + 512] = bytes(512)
    (root / "dog" / "rotten.jpg").write_bytes(jpeg)
    clean = cleaned(root, tmp_path / "clean.csv")
    assert clean.left_out == {"blank": 2, "invisible": 1, "masks": 1, "damaged": 1}
    assert {name.rpartition("/")[2] for name in names_in(tmp_path / "clean.csv")} == {"a.png", "b.png", "c.png", "d.png"}


def test_a_clean_csv_is_free_of_those_findings(faulty: Path, tmp_path: Path) -> None:
    cleaned(faulty, tmp_path / "clean.csv")
    samples, thumbnails = make_thumbnails(read_photos(tmp_path / "clean.csv"))
    again = check_photos(samples, thumbnails, find_near_duplicates(thumbnails.pixels))
    assert all(not finding.cases for finding in again.findings if finding.cleaned)
    assert dict(samples.table["split"].value_counts()) == {"train": 3, "test": 2, "validation": 2}


def test_doubts_are_left_out_only_where_they_are_given(tmp_path: Path) -> None:
    from tltool.data.label_errors import Doubt

    root = plant(tmp_path / "photos", cat__a=(1, 64), cat__b=(2, 64), dog__c=(3, 64), dog__d=(4, 64))
    assert cleaned(root, tmp_path / "all.csv").rows == 4
    clean = cleaned(root, tmp_path / "some.csv", doubts=[Doubt(1, 0, 1, 0.9)])
    assert clean.left_out == {"doubtful labels": 1}
    assert names_in(tmp_path / "some.csv") == {"photos/cat/a.png", "photos/dog/c.png", "photos/dog/d.png"}


@pytest.mark.parametrize("name", ["=cmd|' C'!A0", "+1", "-x", "@sum", "'quoted", 'a"b', "a,b;c", "<script>", "ünï", "x " * 9 + "x"])
def test_names_come_back_as_they_were_and_no_cell_is_a_formula(tmp_path: Path, name: str) -> None:
    plant(tmp_path / "photos" / "p", cat__a=(1, 64))
    plant(tmp_path / "photos" / "p", dog__b=(2, 64))
    (tmp_path / "photos" / "p" / "cat").rename(tmp_path / "photos" / "p" / name)
    (tmp_path / "photos" / "p" / name / "a.png").rename(tmp_path / "photos" / "p" / name / "=a\n=b.png")
    cleaned(tmp_path / "photos" / "p", tmp_path / "clean.csv")
    frame = read_photos(tmp_path / "photos" / "p").table
    assert read_photos(tmp_path / "clean.csv").table.equals(frame)
    with open(tmp_path / "clean.csv", newline="") as file:
        assert not [cell for row in csv.reader(file) for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_groups_that_look_like_formulas_come_back_too_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    plant(tmp_path, a=(1, 64), b=(2, 64))
    with open(os.fsencode(tmp_path) + b"/\xff.png", "wb") as file:
        file.write((tmp_path / "a.png").read_bytes() + b"x")
    frame = pandas.DataFrame(
        {
            "path": [str(tmp_path / "a.png"), str(tmp_path / "b.png"), str(tmp_path / "\udcff.png")],
            "label": ["x", "y", "x"],
            "group": ["=1+1", "", "g"],
            "split": ["train", "validation", ""],
        }
    )
    samples, thumbnails = make_thumbnails(read_photos(frame))
    write_clean(samples, thumbnails, [], tmp_path / "clean.csv")
    again = read_photos(tmp_path / "clean.csv").table
    assert set(again["group"]) <= {"=1+1", "", "g"} and again["group"][0] == "=1+1" and set(again["path"]) <= set(samples.paths)


def test_nothing_is_ever_overwritten_by_a_clean_csv(tmp_path: Path) -> None:
    plant(tmp_path / "photos", cat__a=(1, 64), dog__b=(2, 64))
    (tmp_path / "mine.csv").write_text("mine")
    (tmp_path / "link.csv").symlink_to("nowhere")
    for name, message in (
        ("mine.csv", "there already"),
        ("link.csv", "there already"),
        ("gone/new.csv", "can be written"),
        ("new.txt", "end in .csv"),
    ):
        with pytest.raises(DataError, match=message):
            cleaned(tmp_path / "photos", tmp_path / name)
    assert (tmp_path / "mine.csv").read_text() == "mine" and not (tmp_path / "nowhere").exists()


def test_a_class_that_is_lost_is_named_and_an_empty_csv_is_not_written(tmp_path: Path) -> None:
    root = plant(tmp_path / "photos", cat__a=(1, 64), dog__a=(1, 64), owl__b=(2, 64))
    clean = cleaned(root, tmp_path / "clean.csv")
    assert clean.lost == ["cat", "dog"] and "'cat', 'dog'" in str(clean)
    with pytest.raises(DataError, match="must list photos"):
        cleaned(plant(tmp_path / "twins", cat__a=(1, 64), dog__a=(1, 64)), tmp_path / "none.csv")
    assert not (tmp_path / "none.csv").exists()


def test_a_name_that_no_csv_can_carry_is_refused(tmp_path: Path) -> None:
    plant(tmp_path / "photos", cat__a=(1, 64), dog__b=(2, 64))
    (tmp_path / "photos" / "cat").rename(tmp_path / "photos" / " cat")
    with pytest.raises(DataError, match="begin or end with a space"):
        cleaned(tmp_path / "photos", tmp_path / "clean.csv")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("ABC"),
            st.integers(0, 5),
            st.sampled_from(["", "train", "validation", "test"]),
            st.sampled_from(["", "", "g", "h"]),
        ),
        min_size=1,
        max_size=25,
    )
)
def test_whatever_the_faults_what_is_kept_has_none_of_them(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple]) -> None:
    whole = evidence(*[Photo(label, f"content {content}", split, group) for label, content, split, group in rows])
    for row, (_, content, *_rest) in enumerate(rows):
        whole.thumbnails.pixels[row] = np.random.default_rng(content // 2).integers(
            0, 256, (32, 32, 3)
        )  # contents 2k and 2k + 1 look alike
    path = tmp_path_factory.mktemp("clean") / "clean.csv"
    try:
        clean = write_clean(whole.samples, whole.thumbnails, find_near_duplicates(whole.thumbnails.pixels), path)
    except DataError:
        return
    assert clean.rows + sum(clean.left_out.values()) == len(rows)
    with open(path, newline="") as file:
        kept = [int(Path(row["path"]).stem) for row in csv.DictReader(file)]
    left = Evidence(
        Samples(whole.samples.table.iloc[kept].reset_index(drop=True), whole.samples.classes),
        whole.thumbnails,
        find_near_duplicates(whole.thumbnails.pixels[kept]),
    )
    assert not left.copies and not found("two_labels", left).cases and not found("leaks", left).cases
