import hashlib
import shutil
from collections import Counter, defaultdict

import numpy as np
import pandas
import pytest
from hypothesis import given, settings, strategies as st

from tltool.data.photos import read_photos
from tltool.data.samples import Samples
from tltool.data.splitting.groups import bind
from tltool.data.splitting.leaks import Leak, find_leaks, warn_of_few, warn_of_leaks
from tltool.data.splitting.splits import keep_split, read_split, split, split_for_training, warn_of_seen, write_split
from tltool.errors import DataError


def make(rows):
    """Samples from (content, label, group, split)."""
    table = pandas.DataFrame(
        [
            (f"/p/{i}", hashlib.sha256(str(content).encode()).hexdigest(), label, group, part)
            for i, (content, label, group, part) in enumerate(rows)
        ],
        columns=["path", "sha256", "label", "group", "split"],
        dtype=object,
    )
    return Samples(table, sorted(set(table["label"])))


def plain(**classes):
    return make([(f"{name}{i}", name, "", "") for name, n in classes.items() for i in range(n)])


def amounts(samples):
    return {name: tuple(parts.get(part, 0) for part in ("train", "validation", "test")) for name, parts in samples.counts().items()}


def test_quotas_are_exact_in_every_class():
    assert amounts(split(plain(a=100, b=40, c=7), 0.15, 0.15, seed=1)) == {"a": (70, 15, 15), "b": (28, 6, 6), "c": (5, 1, 1)}
    assert amounts(split(plain(a=100, b=40), 0.2, 0, seed=1)) == {"a": (80, 20, 0), "b": (32, 8, 0)}


def test_small_classes_serve_train_first_then_validation_then_test():
    assert amounts(split(plain(a=1, b=2, c=3, d=4, e=5), 0.15, 0.15, seed=0)) == {
        "a": (1, 0, 0),
        "b": (1, 1, 0),
        "c": (1, 1, 1),
        "d": (2, 1, 1),
        "e": (3, 1, 1),
    }
    assert amounts(split(plain(a=2, b=3), 0, 0.5, seed=0)) == {"a": (1, 0, 1), "b": (1, 0, 2)}


def test_classes_that_a_part_lacks_are_named(caplog):
    split(plain(alone=1, other=9), 0.15, 0.15, seed=0)
    assert "no photo in validation: alone" in caplog.text and "no photo in test: alone" in caplog.text


def test_the_seed_decides_and_repeats():
    samples = plain(a=50, b=50)
    first, again, other = (split(samples, 0.2, 0.2, seed=seed).table["split"].tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_the_table_keeps_its_order_and_every_other_column():
    samples = plain(a=9, b=9)
    done = split(samples, 0.2, 0.2, seed=0)
    assert done.table.drop(columns="split").equals(samples.table.drop(columns="split")) and set(samples.table["split"]) == {""}


PHOTOS = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from("abc"), st.sampled_from(["", "", "", "g1", "g2", "g3"]), st.just("")),
    min_size=1,
    max_size=60,
)
FRACTIONS = st.sampled_from([(0.15, 0.15), (0.3, 0.2), (0.2, 0.0), (0.0, 0.3), (0.5, 0.5), (0.9, 0.9)])


def sides(samples, column):
    found = defaultdict(set)
    for value, part in zip(samples.table[column], samples.table["split"], strict=True):
        if value:
            found[value].add(part)
    return found


def look_alikes(n, random):
    """Disjoint groups of two to four of ``n`` rows, seed first."""
    rows = list(range(n))
    random.shuffle(rows)
    return [rows[start : start + random.randint(2, 4)] for start in range(0, n // 3, 4)]


@settings(max_examples=100, deadline=None)
@given(PHOTOS, FRACTIONS, st.integers(0, 5), st.randoms(use_true_random=False))
def test_parts_share_no_content_no_group_no_look_and_every_class_is_in_train_in_any_order(rows, fractions, seed, random):
    samples, alike = make(rows), look_alikes(len(rows), random)
    done = split(samples, *fractions, seed, alike)
    assert all(len(parts) == 1 for column in ("sha256", "group") for parts in sides(done, column).values())
    assert all(done.table["split"].iloc[group].nunique() == 1 for group in alike if group)
    assert all(parts["train"] >= 1 for parts in done.counts().values()) and find_leaks(done, alike) == []

    order = list(range(len(rows)))
    random.shuffle(order)
    moved = [[order.index(row) for row in reversed(group)] for group in reversed(alike)]
    other = split(Samples(samples.table.iloc[order].reset_index(drop=True), samples.classes), *fractions, seed, moved)
    assert dict(zip(done.table["path"], done.table["split"], strict=True)) == dict(
        zip(other.table["path"], other.table["split"], strict=True)
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=5), FRACTIONS, st.integers(0, 5))
def test_distinct_photos_fill_every_quota(sizes, fractions, seed):
    done = amounts(split(plain(**{f"c{i}": n for i, n in enumerate(sizes)}), *fractions, seed))
    for n, (train, *held_out) in zip(sizes, done.values(), strict=True):
        asked = [int(n * fraction + 0.5) for fraction in fractions]
        assert train + sum(held_out) == n and train >= 1
        if sum(asked) < n and min(n * fraction for fraction in fractions) >= 1:
            assert held_out == asked


def test_groups_larger_than_a_quota_still_reach_every_part():
    samples = make([(f"{name}{group}{i}", name, f"{name}{group}", "") for name in "ab" for group in range(3) for i in range(10)])
    assert amounts(split(samples, 0.15, 0.15, seed=0)) == {"a": (10, 10, 10), "b": (10, 10, 10)}


def test_a_whole_split_is_kept_and_its_leaks_are_reported(caplog):
    rows = [(i, "ab"[i % 2], "", ("train", "validation", "test")[i % 3]) for i in range(12)] + [(0, "a", "", "test")]
    samples = make(rows)
    assert split(samples, 0.15, 0.15, seed=0).table.equals(samples.table)
    assert find_leaks(samples) == [Leak("content", ["/p/0", "/p/12"])] and "more than one part" in caplog.text


@pytest.mark.parametrize(("missing", "there"), [("validation", "test"), ("test", "validation")])
def test_a_missing_part_is_taken_out_of_train_and_the_given_one_stays(missing, there):
    rows = [(i, "ab"[i % 2], "", "train" if i < 40 else there) for i in range(50)]
    done = split(make(rows), 0.2, 0.2, seed=0)
    assert done.table["split"].tolist()[40:] == [there] * 10
    assert Counter(done.table["split"][:40]) == {"train": 32, missing: 8}
    kept = split(make(rows), *((0, 0.2) if missing == "validation" else (0.2, 0)), seed=0)
    assert kept.table["split"].tolist() == [row[3] for row in rows]


def test_train_alone_counts_as_no_split():
    done = amounts(split(make([(i, "ab"[i % 2], "", "train") for i in range(40)]), 0.15, 0.15, seed=0))
    assert done == {"a": (14, 3, 3), "b": (14, 3, 3)}


def test_photos_without_a_part_fill_the_missing_ones_and_join_their_own_content():
    rows = [(i, "ab"[i % 2], "", "test") for i in range(10)] + [(i, "ab"[i % 2], "", "") for i in range(8, 50)]
    done = split(make(rows), 0.2, 0.2, seed=0).table["split"].tolist()
    assert done[:12] == ["test"] * 12 and Counter(done[12:]) == {"train": 32, "validation": 8}
    given_train = [(i, "ab"[i % 2], "", "train") for i in range(10)] + [(i, "ab"[i % 2], "", "") for i in range(10, 50)]
    parts = split(make(given_train), 0.2, 0.2, seed=0).table["split"].tolist()
    assert parts[:10] == ["train"] * 10 and Counter(parts[10:]) == {"train": 24, "validation": 8, "test": 8}


def test_a_train_photo_that_leaks_into_a_given_test_does_not_move():
    rows = [(i, "ab"[i % 2], "", "train") for i in range(20)] + [(i, "ab"[i % 2], "", "test") for i in range(20)]
    assert split(make(rows), 0.5, 0.5, seed=0).table["split"].tolist() == [row[3] for row in rows]


def test_a_class_that_is_only_in_test_is_refused():
    with pytest.raises(DataError, match=r"'b'.*train"):
        split(make([(1, "a", "", "train"), (2, "a", "", "train"), (3, "b", "", "test")]), 0.15, 0.15, seed=0)


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1) | st.sampled_from(
    ["a,b", 'a"b', "a\nb", "a\r\nb", "a\rb", "🐱", "=cmd", "-x", "NA", "007", " pad ", "'", "\udcff"]
)


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(st.tuples(NAMES, NAMES, NAMES | st.just(""), st.sampled_from(["train", "validation", "test"])), min_size=1))
def test_a_split_survives_being_written_and_read(tmp_path_factory, rows):
    table = pandas.DataFrame(
        [(f"/{path}", "ab" * 32, label, group, part) for path, label, group, part in rows],
        columns=["path", "sha256", "label", "group", "split"],
        dtype=object,
    )
    file = tmp_path_factory.mktemp("run") / "split.csv"
    write_split(Samples(table, []), file)
    again = read_split(file)
    assert again.table.equals(table) and again.classes == sorted(set(table["label"])) and list(file.parent.iterdir()) == [file]


def test_the_written_file_is_a_csv_that_others_read(tmp_path):
    done = split(plain(a=5, b=5), 0.2, 0.2, seed=0)
    write_split(done, tmp_path / "split.csv")
    assert (tmp_path / "split.csv").read_text().splitlines()[0] == '"path","sha256","label","group","split"'
    assert pandas.read_csv(tmp_path / "split.csv", keep_default_na=False, dtype=object).equals(done.table.astype(object))


@pytest.mark.parametrize(
    "text", ["", "path,label\n", "path,sha256,label,group,split\n/a,0,x,\n", "path,sha256,label,group,split\n/a,0,x,,dev\n", '"']
)
def test_a_file_that_is_no_split_is_refused(tmp_path, text):
    (tmp_path / "split.csv").write_text(text)
    with pytest.raises(DataError, match="split"):
        read_split(tmp_path / "split.csv")
    with pytest.raises(DataError, match="split"):
        read_split(tmp_path / "none.csv")


def test_many_photos_are_split_exactly():
    labels = np.random.default_rng(0).integers(0, 100, 20_000)
    done = split(make([(i, f"{label:02}", "", "") for i, label in enumerate(labels)]), 0.15, 0.15, seed=0)
    assert all(parts["test"] == int(sum(parts.values()) * 0.15 + 0.5) for parts in done.counts().values())


def test_training_needs_photos_to_choose_by() -> None:
    alone = plain(hat=1, shoe=1)
    with pytest.raises(DataError, match="validation photos to choose by"):
        split_for_training(alone, 0.15, 0.15, seed=0)


def test_a_given_split_keeps_its_leaks_of_every_kind_and_each_is_reported(caplog):
    rows = [(i, "ab"[i % 2], "", ("train", "validation", "test")[i // 4]) for i in range(12)]
    rows += [(0, "a", "", "test"), (20, "b", "g", "train"), (21, "b", "g", "validation")]
    samples, alike = make(rows), [[1, 9], [0, 12], [2, 3], [12, 0, 5]]
    assert split(samples, 0.15, 0.15, seed=0, alike=alike).table.equals(samples.table)
    assert find_leaks(samples, alike) == [
        Leak("content", ["/p/0", "/p/12"]),
        Leak("group", ["/p/13", "/p/14"]),
        Leak("alike", ["/p/1", "/p/9"]),
        Leak("alike", ["/p/12", "/p/0", "/p/5"]),
    ]
    for words in ("1 photos lie, with the same content, in more than one part", "1 groups lie in", "2 photos lie, nearly the same, in"):
        assert words in caplog.text


def test_photos_without_a_part_join_what_they_look_like():
    samples = make([(i, "ab"[i % 2], "", "test" if i < 10 else "") for i in range(50)])
    done = split(samples, 0.2, 0.2, seed=0, alike=[[30, 4], [5, 31, 32], [40, 41]]).table["split"]
    assert done[[30, 31, 32]].tolist() == ["test"] * 3 and done[40] == done[41] != "test"


# An earlier split


def written(samples, folder):
    write_split(samples, folder / "split.csv")
    return folder / "split.csv"


def grown(samples, rows, first=1000):
    """The samples with more of them, from (content, label, group)."""
    more = make([(content, label, group, "") for content, label, group in rows]).table
    more["path"] = [f"/new/{first + i}" for i in range(len(more))]
    table = pandas.concat([samples.table.assign(split=""), more], ignore_index=True)
    return Samples(table, sorted(set(table["label"])))


@settings(max_examples=50, deadline=None)
@given(PHOTOS, PHOTOS, FRACTIONS, FRACTIONS, st.integers(0, 5), st.randoms(use_true_random=False))
def test_going_on_from_a_split_moves_none_of_the_old_and_keeps_every_law(tmp_path_factory, old, new, before, after, seed, random):
    file = written(split(make(old), *before, seed=3), tmp_path_factory.mktemp("run"))
    samples = grown(make(old), [(content, label, group and f"new {group}") for content, label, group, _ in new])
    alike = [[row + len(old) for row in group] for group in look_alikes(len(new), random)]
    try:
        done = split(samples, *after, seed, alike, earlier=file)
    except DataError:  # rightly where a class has nothing but copies of what was held out
        kept, labels = keep_split(samples, file).table["split"], samples.table["label"]
        free = {labels[row] for rows in bind(samples, alike) if not any(kept[rows]) for row in rows}
        assert set(labels) - free - set(labels[kept == "train"])
        return
    assert done.table["split"].tolist()[: len(old)] == read_split(file).table["split"].tolist()
    assert all(len(parts) == 1 for parts in sides(done, "sha256").values())
    assert all(parts["train"] >= 1 for parts in done.counts().values())
    leaks = {path for leak in find_leaks(done, alike) for path in leak.paths}
    assert not leaks or leaks & {path for path, part in zip(done.table["path"], keep_split(samples, file).table["split"]) if part}

    order = list(range(len(samples)))
    random.shuffle(order)
    moved = [[order.index(row) for row in group] for group in alike]
    other = split(Samples(samples.table.iloc[order].reset_index(drop=True), samples.classes), *after, seed, moved, earlier=file)
    assert dict(zip(done.table["path"], done.table["split"])) == dict(zip(other.table["path"], other.table["split"]))


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 60), st.integers(0, 60), st.sampled_from([(0.15, 0.15), (0.3, 0.2), (0.2, 0.0)]))
def test_the_quotas_of_old_and_new_together_come_out_where_new_photos_suffice(tmp_path_factory, n, more, fractions):
    old = plain(a=n, b=n)
    file = written(split(old, *fractions, seed=0), tmp_path_factory.mktemp("run"))
    held = amounts(read_split(file))["a"]
    done = amounts(split(grown(old, [(f"new {i}", "a", "") for i in range(more)]), *fractions, seed=1, earlier=file))
    asked = [int((n + more) * fraction + 0.5) for fraction in fractions]
    short = [max(0, want - have) for want, have in zip(asked, held[1:])]
    assert done["b"] == amounts(read_split(file))["b"] and sum(done["a"]) == n + more
    assert sum(short) > more or list(done["a"][1:]) == [have + lack for have, lack in zip(held[1:], short)]


def test_a_new_class_is_divided_like_any_other(tmp_path):
    file = written(split(plain(a=20, b=20), 0.15, 0.15, seed=0), tmp_path)
    for n, parts in ((1, (1, 0, 0)), (2, (1, 1, 0)), (3, (1, 1, 1)), (20, (14, 3, 3))):
        new = grown(plain(a=20, b=20), [(f"c{i}", "c", "") for i in range(n)])
        assert amounts(split(new, 0.15, 0.15, seed=0, earlier=tmp_path)) == {"a": (14, 3, 3), "b": (14, 3, 3), "c": parts}
    assert file.is_file()


def test_new_photos_join_the_part_of_their_content_group_or_look(tmp_path):
    old = make([(i, "ab"[i % 2], f"g{i}" if i < 6 else "", ("train", "validation", "test")[i % 3]) for i in range(30)])
    file = written(old, tmp_path)
    new = grown(old, [(2, "a", ""), ("x", "b", "g1"), ("y", "b", ""), ("z", "b", "")])
    assert split(new, 0.2, 0.2, seed=0, alike=[[32, 5], [33, 7]], earlier=file).table["split"].tolist()[30:] == [
        "test",
        "validation",
        "test",
        "validation",
    ]


def test_a_photo_is_known_by_content_wherever_it_lies_or_else_by_path(tmp_path, caplog):
    old = make([(i, "ab"[i % 2], "", ("train", "train", "validation", "test")[i % 4]) for i in range(20)])
    file = written(old, tmp_path)
    table = old.table.assign(split="", path=["/moved/" + path[3:] for path in old.paths])
    assert keep_split(Samples(table, old.classes), file).table["split"].tolist() == old.table["split"].tolist()
    saved = old.table.assign(split="")
    saved.loc[3, "sha256"] = "f" * 64
    assert keep_split(Samples(saved, old.classes), file).table["split"].tolist() == old.table["split"].tolist()
    assert caplog.text == ""
    swapped = old.table.assign(split="", path=[*old.paths[1:], old.paths[0]])
    assert keep_split(Samples(swapped, old.classes), file).table["split"].tolist() == old.table["split"].tolist()


def test_another_photo_at_the_place_of_one_that_moved_is_new(tmp_path):
    old = make([(i, "ab"[i % 2], "", "test" if i < 4 else "train") for i in range(20)])
    new = grown(old, [("another", "a", "")])
    new.table.loc[0, "path"], new.table.loc[20, "path"] = "/p/moved", "/p/0"
    assert keep_split(new, written(old, tmp_path)).table["split"].tolist() == [*old.table["split"], ""]


def test_what_is_gone_relabelled_or_lies_in_another_folder_is_reported(tmp_path, caplog):
    old = make([(i, "ab"[i % 2], "", ("train", "validation", "test")[i % 3]) for i in range(30)])
    file = written(old, tmp_path)
    keep_split(Samples(old.table.assign(split=""), old.classes), file)
    assert caplog.text == ""
    table = old.table.drop(index=[4, 5]).reset_index(drop=True)
    table.loc[0, "label"], table.loc[3, "split"] = "b", "test"
    kept = keep_split(Samples(table, old.classes), file).table
    assert kept["split"].tolist() == old.table.drop(index=[4, 5])["split"].tolist() and kept["label"][0] == "b"
    assert f"2 photos of {file} are gone: /p/4, /p/5." in caplog.text
    assert f"1 photo has another label than in {file}, and now counts as that: /p/0 (was a)." in caplog.text
    assert f"1 photo is given another part than in {file}, which counts: /p/3." in caplog.text


def test_equal_contents_that_leaked_stay_where_each_was(tmp_path):
    old = make([(0, "a", "", "test"), (0, "a", "", "train"), (1, "b", "", "train"), (2, "b", "", "test"), (3, "a", "", "validation")])
    file = written(old, tmp_path)
    new = grown(old, [(0, "a", "")])
    assert split(new, 0.2, 0.2, seed=0, earlier=file).table["split"].tolist() == [*old.table["split"], "train"]


def test_parts_that_the_folder_gives_hold_for_new_photos(tmp_path):
    old = make([(i, "ab"[i % 2], "", ("train", "validation", "test")[i % 3]) for i in range(30)])
    new = grown(old, [(f"x{i}", "a", "") for i in range(4)])
    new.table.loc[30:, "split"] = ["test", "train", "validation", "test"]
    assert split(new, 0.2, 0.2, seed=0, earlier=written(old, tmp_path)).table["split"].tolist()[30:] == [
        "test",
        "train",
        "validation",
        "test",
    ]


def test_a_folder_without_a_split_or_a_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "x.csv").write_text("path,label\n")
    for place in (tmp_path, tmp_path / "x.csv", tmp_path / "none"):
        with pytest.raises(DataError, match="split must"):
            split(plain(a=9, b=9), 0.2, 0.2, seed=0, earlier=place)


# Few photos


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"a": 40, "b": 40}, "only 12 validation and 12 test photos: 11 right of 12 may mean an accuracy anywhere from 0.65 to 0.99"),
        ({"a": 4, "b": 300, "c": 3}, "2 of 3 classes have fewer than 5 photos: a (4), c (3)."),
    ],
)
def test_few_photos_are_warned_of(caplog, sizes, words):
    split_for_training(plain(**sizes), 0.15, 0.15, seed=0)
    assert words in caplog.text and ("finetune --folds 5" in caplog.text) == ("only" in words)


def test_enough_photos_are_not_warned_of(caplog):
    split_for_training(plain(a=100, b=100), 0.15, 0.15, seed=0)
    assert caplog.text == ""


def test_a_part_that_is_left_out_is_not_called_small(caplog):
    done = split(plain(a=100, b=100), 0.15, 0, seed=0)
    warn_of_few(done)
    warn_of_leaks(done)
    assert caplog.text == ""


def test_one_group_that_holds_a_whole_class_leaves_nothing_to_choose_by():
    samples = make([(i, name, f"all of {name}", "") for name in "ab" for i in (range(9) if name == "a" else range(20, 29))])
    with pytest.raises(DataError, match="no group of the others"):
        split_for_training(samples, 0.15, 0.15, seed=0)


def test_test_photos_that_a_backbone_has_learned_from_are_counted(tmp_path, caplog):
    before = make([(i, "ab"[i % 2], "", ("train", "validation", "test")[i % 3]) for i in range(30)])
    warn_of_seen(before, written(before, tmp_path))
    warn_of_seen(before, None)
    assert caplog.text == ""
    warn_of_seen(Samples(before.table.assign(split=["test"] * 30), before.classes), tmp_path / "split.csv")
    assert "20 of 30 test photos taught or chose the backbone" in caplog.text


def test_a_split_of_other_photos_is_refused(tmp_path):
    others = plain(c=9, d=9)
    others.table["path"] = [f"/others/{i}" for i in range(18)]
    with pytest.raises(DataError, match="know some of the photos"):
        split(others, 0.15, 0.15, 0, earlier=written(split(plain(a=9, b=9), 0.15, 0.15, 0), tmp_path))


def test_renaming_photos_and_listing_them_in_another_order_changes_no_part(photos, tmp_path):
    renamed = tmp_path / "renamed"
    for place in sorted(photos.iterdir()):
        (renamed / place.name).mkdir(parents=True)
        for number, photo in enumerate(sorted(place.iterdir(), reverse=True)):
            shutil.copyfile(photo, renamed / place.name / f"{number:04d}.jpg")
    before, after = (split(read_photos(folder), 0.15, 0.15, 0).table for folder in (photos, renamed))
    parts = [dict(zip(table["sha256"], table["split"], strict=True)) for table in (before, after)]
    assert parts[0] == parts[1] and before["path"].tolist() != after["path"].tolist()
