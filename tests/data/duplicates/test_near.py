"""Near-duplicates: what counts, what does not, and how they are grouped."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image, ImageEnhance, ImageOps
from scipy.ndimage import gaussian_filter

from tltool.data.decoding.decoder import decode
from tltool.data.duplicates import near, proposals, windows
from tltool.data.duplicates.near import Group, find_near_duplicates
from tltool.data.examples.digits import write_digits
from tltool.errors import DataError

SCENES = 12


def scene(seed: int, size: int = 192) -> Image.Image:
    """A picture of coarse shapes with some detail, like no other."""
    random = np.random.default_rng(seed)
    layers = [gaussian_filter(random.normal(size=(size, size, 3)), (spread, spread, 0)) for spread in (24, 8, 3)]
    picture = sum(layer / layer.std() * weight for layer, weight in zip(layers, (1, 0.6, 0.4)))
    return Image.fromarray(np.clip(128 + 45 * picture, 0, 255).astype("uint8"))


def thumbnails(*pictures: Image.Image) -> np.ndarray:
    return np.stack([np.asarray(picture.convert("RGB").resize((32, 32), Image.Resampling.BILINEAR)) for picture in pictures])


def saved(picture: Image.Image, folder: Path, quality: int) -> Image.Image:
    picture.save(folder / "photo.jpg", quality=quality)
    return Image.fromarray(decode(folder / "photo.jpg"))


ALTERATIONS = {
    "saved again, badly": lambda picture, folder: saved(picture, folder, 30),
    "smaller": lambda picture, folder: picture.resize((90, 90)),
    "brighter": lambda picture, folder: ImageEnhance.Brightness(picture).enhance(1.15),
    "with less contrast": lambda picture, folder: ImageEnhance.Contrast(picture).enhance(0.8),
    "mirrored": lambda picture, folder: ImageOps.mirror(picture),
    "cropped": lambda picture, folder: picture.crop((3, 11, 176, 184)),
    "mirrored and cropped": lambda picture, folder: ImageOps.mirror(picture.crop((15, 2, 188, 175))),
    "cut to another shape": lambda picture, folder: picture.crop((20, 0, 172, 192)),
}


@pytest.mark.parametrize("how", ALTERATIONS)
def test_the_same_picture_is_found(how: str, tmp_path: Path) -> None:
    pictures = [scene(seed) for seed in range(SCENES)]
    altered = ALTERATIONS[how](pictures[4], tmp_path)
    (group,) = find_near_duplicates(thumbnails(*pictures, altered))
    assert group.rows == [4, SCENES] and group.seed == 4
    assert group.likeness[0] == 1.0 and windows.COLOURS <= group.likeness[1] <= 1


def test_other_pictures_are_not_alike() -> None:
    assert find_near_duplicates(thumbnails(*[scene(seed) for seed in range(60)])) == []


@pytest.mark.parametrize("contrast", [1.0, 0.15])
def test_another_print_on_the_same_shirt_is_another_photo(contrast: float) -> None:
    shirts = []
    for top, left in ((60, 70), (80, 100)):
        shirt = np.full((192, 192, 3), (150, 40, 70), float)
        shirt[40:160, 50:142] = 235
        shirt[top : top + 16, left : left + 30] = (40, 60, 120)
        shirts.append(Image.fromarray((128 + contrast * (shirt - 128)).astype("uint8")))
    small = thumbnails(*shirts)
    assert np.corrcoef(small.reshape(2, -1).astype(float))[0, 1] > windows.COLOURS, "colours alone would call them one"
    assert find_near_duplicates(small) == []


def test_as_they_lie_means_mirrored_too() -> None:
    small = thumbnails(scene(0), scene(1))
    assert (windows.compare(small, small[:, :, ::-1]) > 0.99).all() and not windows.compare(small[:1], small[1:]).any()


def test_exact_copies_come_out_whatever_they_show() -> None:
    blank, picture = np.full((32, 32, 3), 255, np.uint8), thumbnails(scene(0))[0]
    groups = find_near_duplicates(np.stack([blank, picture, blank, thumbnails(scene(1))[0], picture, blank]))
    assert groups == [Group(0, [0, 2, 5], [1.0] * 3), Group(1, [1, 4], [1.0] * 2)]


def test_photos_without_contrast_are_alike_only_when_equal() -> None:
    random = np.random.default_rng(0)
    assert find_near_duplicates(np.clip(200 + random.normal(0, 1, (20, 32, 32, 3)), 0, 255).astype("uint8")) == []
    shade = np.linspace(0, 5, 32)[:, None, None] * np.ones((32, 32, 3))  # the same light on two empty walls
    assert find_near_duplicates(np.stack([120 + shade, 180 + shade]).astype("uint8")) == []


def test_a_group_is_a_star_and_never_a_chain() -> None:
    first, last = (np.asarray(scene(seed, 64), dtype=float) for seed in (0, 1))
    steps = [Image.fromarray((first * (1 - share) + last * share).astype("uint8")) for share in np.linspace(0, 1, 41)]
    small = thumbnails(*steps)
    groups = find_near_duplicates(small)
    assert groups and max(len(group.rows) for group in groups) < 20, "each is like the next, and the ends are strangers"
    rows = [row for group in groups for row in group.rows]
    assert len(rows) == len(set(rows)), "no photo is in two groups"
    for group in groups:
        assert (windows.compare(small[[group.seed] * (len(group.rows) - 1)], small[group.rows[1:]]) > 0).all()


def test_a_crowd_is_one_group_whatever_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near, "CROWD", 5)
    monkeypatch.setattr(near, "BLOCK", 8)
    random, picture = np.random.default_rng(0), thumbnails(scene(0))[0].astype(int)
    crowd = np.clip(picture + random.integers(-3, 4, (40, 32, 32, 3)), 0, 255).astype("uint8")
    compared, compare = [], windows.compare
    monkeypatch.setattr(near.windows, "compare", lambda ours, theirs: compared.append(len(ours)) or compare(ours, theirs))
    (group,) = find_near_duplicates(np.concatenate([crowd, thumbnails(*[scene(seed) for seed in range(1, SCENES)])]))
    assert sorted(group.rows) == list(range(40)) and sum(compared) < 40 * 39 / 2


def test_features_propose_what_pixels_then_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = [scene(seed) for seed in range(SCENES)]
    small, asked = thumbnails(*pictures), []
    features = np.random.default_rng(0).normal(size=(SCENES, 40)).astype("float32")
    features[7] = features[2] + 0.8 * features[7]
    search = windows.search
    monkeypatch.setattr(near.windows, "search", lambda ours, theirs: asked.append(len(ours)) or search(ours, theirs))
    assert find_near_duplicates(small, features) == [] and sum(asked) > SCENES


def test_features_that_agree_fully_settle_what_pixels_leave_open() -> None:
    pictures = [scene(seed) for seed in range(SCENES)]
    changed = pictures[2].copy()
    changed.paste((250, 240, 200), (60, 70, 100, 110))  # something lies on it in the second shot
    small, random = thumbnails(*pictures, changed), np.random.default_rng(0)
    features = random.normal(3, 1, (SCENES + 1, 40)).astype("float32")
    assert find_near_duplicates(small, features) == []
    features[SCENES] = features[2] + random.normal(0, 0.1, 40)
    (group,) = find_near_duplicates(small, features)
    assert group.rows == [2, SCENES] and windows.LOOSELY <= group.likeness[1] < 1


def test_features_alone_settle_nothing() -> None:
    small = thumbnails(*[scene(seed) for seed in range(40)])
    assert find_near_duplicates(small, np.random.default_rng(0).normal(size=(40, 1)).astype("float32") * np.ones(64, "float32")) == []


@pytest.mark.parametrize("n", [0, 1, 2, 3])
@pytest.mark.parametrize("deep", [False, True])
def test_a_few_photos_or_none_are_no_obstacle(n: int, deep: bool) -> None:
    small = thumbnails(*[scene(seed) for seed in range(3)])[:n]
    assert find_near_duplicates(small, np.eye(3, dtype="float32")[:n] if deep else None) == []


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(DataError, match=r"Received: uint8 \(2, 16, 16, 3\)"):
        find_near_duplicates(np.zeros((2, 16, 16, 3), np.uint8))
    with pytest.raises(DataError, match=r"Received: \(3, 5\) for 2 photos"):
        find_near_duplicates(np.zeros((2, 32, 32, 3), np.uint8), np.zeros((3, 5)))


@settings(max_examples=6, deadline=None)
@given(order=st.permutations(range(SCENES + 4)))
def test_the_order_of_the_photos_changes_nothing_but_the_rows(order: list[int]) -> None:
    pictures = [scene(seed) for seed in range(SCENES)]
    altered = pictures[0], ImageOps.mirror(pictures[1]), pictures[2].resize((70, 70)), pictures[2].crop((5, 5, 180, 180))
    small = thumbnails(*pictures, *altered)
    groups = {frozenset(group.rows) for group in find_near_duplicates(small)}
    assert groups == {frozenset(order[row] for row in group.rows) for group in find_near_duplicates(small[order])}


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_pair_that_compares_alike_is_missed(seed: int) -> None:
    random = np.random.default_rng(seed)
    base = thumbnails(scene(seed), scene(seed + 1)).astype(float)
    noise = np.stack([gaussian_filter(random.normal(size=(32, 32, 3)), (2, 2, 0)) for _ in range(24)])
    small = np.clip(base[random.integers(0, 2, 24)] + noise * random.uniform(0, 120, (24, 1, 1, 1)), 0, 255).astype("uint8")
    left, right = np.triu_indices(24, 1)
    alike = windows.compare(small[left], small[right]) > 0
    sketches, slack = windows.sketch(small)
    proposed, _ = proposals.by_sketches(sketches, slack, np.arange(24))
    assert set(zip(left[alike], right[alike])) <= set(map(tuple, proposed))


def test_no_group_swallows_a_class_of_digits(tmp_path: Path) -> None:
    folder = write_digits(tmp_path, range(3))
    groups = find_near_duplicates(np.stack([decode(path, 32, "stretch") for path in sorted(folder.rglob("*.png"))]))
    assert sum(len(group.rows) for group in groups) <= 6 and max((len(group.rows) for group in groups), default=0) <= 3


def test_of_real_photos_the_altered_are_found_and_no_others(photos: Path) -> None:
    paths = sorted(photos.rglob("*.jpg"))
    whole = [Image.fromarray(decode(path)) for path in paths[:6]]
    altered = [whole[0].resize((150, 200)), ImageOps.mirror(whole[1]), ImageEnhance.Brightness(whole[2]).enhance(0.85)]
    small = np.concatenate([np.stack([decode(path, 32, "stretch") for path in paths]), thumbnails(*altered)])
    n = len(paths)
    assert [group.rows for group in find_near_duplicates(small)] == [[0, n], [1, n + 1], [2, n + 2]]
