"""Every command that reads photos survives the worst folder there is, names what is bad in it, and leaves it as it was."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas
import pytest
from corpus import Corpus, plant, snapshot

from tltool.wording import shown

pytestmark = pytest.mark.timeout(900)
TINY = ("--backbone", "mobilenet_025", "--weights", "none", "--size", "32", "--epochs", "1")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("corpus")


@pytest.fixture(scope="module")
def corpus(root: Path) -> Corpus:
    return plant(root)


def tltool(*arguments: object) -> subprocess.CompletedProcess:
    """A command as people type it, which must end by itself and never with a traceback."""
    command = [sys.executable, "-m", "tltool", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, timeout=600, encoding="utf-8", errors="surrogateescape", stdin=subprocess.DEVNULL)
    assert "Traceback" not in done.stderr and "Traceback" not in done.stdout, done.stderr[-3000:]
    return done


@pytest.fixture(scope="module")
def trained(root: Path, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a run that learned from the corpus, and what was said meanwhile."""
    before, out = snapshot(root), tmp_path_factory.mktemp("runs") / "run"
    done = tltool("finetune", "--data", root / "photos", *TINY, "--out", out)
    assert done.returncode == 0, done.stderr[-3000:]
    assert snapshot(root) == before
    return out, done.stderr


def names_the_faults(said: str, corpus: Corpus) -> None:
    """The first twenty are named, every one with its own reason, and the others counted."""
    lines = [line for line in said.splitlines() if line.startswith("  /")]
    named = {name: line for line in lines for name in corpus.bad if f"/{shown(name)} " in line}
    assert len(lines) == len(named) >= 20
    assert [name for name, line in named.items() if not re.search(corpus.bad[name], line)] == []
    counted = [int(n) for n in re.findall(r"(\d+) files? (?:is|are) left out", said)]
    assert sum(counted) == len(corpus.bad)


def test_finetune_learns_from_the_good_photos_and_names_the_others(trained: tuple[Path, str], corpus: Corpus) -> None:
    run, said = trained
    paths = pandas.read_csv(run / "split.csv", encoding_errors="surrogateescape")["path"]
    assert {os.path.basename(path) for path in paths} == corpus.good
    assert "files are left out" in said and "hidden folder" in said


def test_evaluate_measures_the_good_photos(trained: tuple[Path, str], root: Path, corpus: Corpus) -> None:
    before = snapshot(root)
    done = tltool("evaluate", trained[0], "--data", root / "photos", "--json")
    assert done.returncode == 0 and json.loads(done.stdout.splitlines()[0])["n"] == len(corpus.good)
    assert "files are left out" in done.stderr and snapshot(root) == before


@pytest.mark.parametrize("form", ["--json", None])
def test_predict_answers_for_every_file_that_calls_itself_a_photo(
    trained: tuple[Path, str], root: Path, corpus: Corpus, form: str | None
) -> None:
    before = snapshot(root)
    done = tltool("predict", trained[0], root / "photos", *([form] if form else []))
    assert done.returncode == 1 and snapshot(root) == before
    if form == "--json":
        answers = {os.path.basename(answer["path"]): answer for answer in map(json.loads, done.stdout.splitlines())}
        assert {name for name, answer in answers.items() if "label" in answer} == corpus.good | {"loose.png"}
        errors = {name: answer["error"] for name, answer in answers.items() if "error" in answer}
        assert [name for name, error in errors.items() if not re.search(corpus.bad[name], error)] == []
        # what cannot be opened at all has no answer, and is named on the way
        assert all(repr(name)[1:-1] in done.stderr for name in set(corpus.bad) - set(errors) - {"loose.png"})


def test_check_names_every_bad_file_with_its_reason(root: Path, corpus: Corpus, tmp_path: Path) -> None:
    before = snapshot(root)
    done = tltool("check", root / "photos", "--json", "--report", tmp_path / "page.html", "--write-clean", tmp_path / "clean.csv")
    assert done.returncode == 0 and snapshot(root) == before
    cases = [case for line in done.stdout.splitlines() for case in json.loads(line).get("cases", ())]
    named = {os.path.basename(path): case["note"] for case in cases for path in case["paths"] if os.path.basename(path) in corpus.bad}
    assert set(named) == set(corpus.bad)
    assert [name for name, note in named.items() if not re.search(corpus.bad[name], note)] == []
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<img src=x" not in page and "<script>alert" not in page and "&lt;img src=x" in page
    kept = {os.path.basename(path) for path in pandas.read_csv(tmp_path / "clean.csv", encoding_errors="surrogateescape")["path"]}
    assert kept <= corpus.good and len(kept) > 0.9 * len(corpus.good)


def test_what_check_wrote_is_read_without_a_fault(root: Path, corpus: Corpus, tmp_path: Path) -> None:
    tltool("check", root / "photos", "--write-clean", tmp_path / "clean.csv")
    done = tltool("check", tmp_path / "clean.csv", "--json")
    assert done.returncode == 0 and "left out" not in done.stderr


def test_the_people_s_form_of_a_check_says_nothing_that_a_terminal_would_obey(root: Path, corpus: Corpus) -> None:
    done = tltool("check", root / "photos")
    assert done.returncode == 0 and "\x1b" not in done.stdout + done.stderr and "\r" not in done.stdout
    names_the_faults(done.stderr, corpus)
