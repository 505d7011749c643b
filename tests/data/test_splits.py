import hashlib
from collections import Counter, defaultdict

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tltool.data.samples import Samples
from tltool.data.splits import find_leaks, read_split, split, split_for_training, write_split
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
    return {
        name: tuple(parts.get(part, 0) for part in ("train", "validation", "test")) for name, parts in samples.counts().items()
    }


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


@settings(max_examples=100, deadline=None)
@given(PHOTOS, FRACTIONS, st.integers(0, 5), st.randoms(use_true_random=False))
def test_parts_share_no_content_and_no_group_and_every_class_is_in_train_in_any_order(rows, fractions, seed, random):
    samples = make(rows)
    done = split(samples, *fractions, seed)
    assert all(len(parts) == 1 for column in ("sha256", "group") for parts in sides(done, column).values())
    assert all(parts["train"] >= 1 for parts in done.counts().values()) and find_leaks(done) == []

    order = list(range(len(rows)))
    random.shuffle(order)
    other = split(Samples(samples.table.iloc[order].reset_index(drop=True), samples.classes), *fractions, seed)
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
    assert find_leaks(samples) == [["/p/0", "/p/12"]] and "more than one part" in caplog.text


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
