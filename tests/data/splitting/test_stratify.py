"""Label sets: every label has its quota of every part, as nearly as sets allow."""

from collections import Counter

import numpy as np
import pytest

from tltool.data.splitting.stratify import Unit, place, place_sets

FRACTIONS = {"validation": 0.15, "test": 0.15}
NONE = {"train": Counter[str](), "validation": Counter[str](), "test": Counter[str]()}


def photos(seed: int, n: int = 600, rates: tuple[float, ...] = (0.6, 0.4, 0.25, 0.1, 0.05, 0.02)) -> list[Unit]:
    """Photos with labels that go together: the second is twice as likely where the first is."""
    random, units = np.random.default_rng(seed), []
    for row in range(n):
        first = random.random() < rates[0]
        names = ["a"] * first + [
            chr(98 + i) for i, rate in enumerate(rates[1:]) if random.random() < rate * (1.5 if first and i == 0 else 1)
        ]
        units.append(Unit(str(row), [row], Counter(names)))
    return units


def shares(units: list[Unit], placed: list[str], part: str) -> dict[str, float]:
    whole, its = Counter[str](), Counter[str]()
    for unit, where in zip(units, placed, strict=True):
        whole.update(unit.classes)
        its.update(unit.classes if where == part else ())
    return {name: its[name] / n for name, n in whole.items()}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("part", FRACTIONS)
def test_every_label_has_its_quota_and_every_part_its_size(seed: int, part: str) -> None:
    units = photos(seed)
    placed = place_sets(units, FRACTIONS, NONE)
    totals = Counter(name for unit in units for name in unit.classes)
    for name, share in shares(units, placed, part).items():
        assert abs(share - 0.15) * totals[name] <= 1.5, f"{name}: {share * totals[name]:.0f} of {totals[name]}"
    assert placed.count(part) / len(units) == pytest.approx(0.15, abs=0.02)


def test_filling_quotas_one_after_the_other_would_put_all_photos_without_a_label_into_one_part() -> None:
    units = photos(0)
    parts = [{way(units, FRACTIONS, NONE)[i] for i, unit in enumerate(units) if not unit.classes} for way in (place, place_sets)]
    assert parts == [{"validation"}, {"train", "validation", "test"}]


def test_photos_without_a_label_are_shared_out_too() -> None:
    units = [Unit(str(row), [row], Counter("ab"[row % 2 : row % 2 + 1] if row < 50 else ())) for row in range(100)]
    placed = place_sets(units, FRACTIONS, NONE)
    assert Counter(placed[50:])["train"] == pytest.approx(35, abs=3)
    assert Counter(placed[50:])["test"] == pytest.approx(8, abs=3)


def test_a_label_of_three_photos_is_in_every_part() -> None:
    units = [Unit(str(row), [row], Counter(["common"] + ["rare"] * (row % 20 == 7))) for row in range(60)]
    placed = place_sets(units, FRACTIONS, NONE)
    assert Counter(part for unit, part in zip(units, placed) if "rare" in unit.classes) == {"train": 1, "validation": 1, "test": 1}


def test_photos_that_stay_together_stay_together_and_count_as_many() -> None:
    units = [Unit(str(row), [5 * row + i for i in range(5)], Counter({"ab"[row % 2]: 5, "c": 2})) for row in range(40)]
    placed = place_sets(units, FRACTIONS, NONE)
    assert placed.count("validation") == pytest.approx(6, abs=1) and placed.count("test") == pytest.approx(6, abs=1)


def test_what_a_part_has_already_counts() -> None:
    held = {"train": Counter(), "validation": Counter(a=15), "test": Counter()}
    placed = place_sets([Unit(str(row), [row], Counter("a")) for row in range(85)], FRACTIONS, held)
    assert Counter(placed) == {"train": 70, "test": 15}
